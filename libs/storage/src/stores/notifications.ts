import type {
  AttemptClass,
  ChannelName,
  DeliveryStatus,
  NotificationRequest,
  ReceiptStatus,
  Recipient,
  Severity,
} from '@techno/contracts';
import type { Database } from '../database.ts';
import { seenCommit } from '../observe.ts';
import { DELIVERY_COLUMNS, type Delivery, deliveryOf, type DeliveryRow, type News, type Tier } from './delivery-rows.ts';

type Query = Parameters<Parameters<Database['transaction']>[0]>[0];

export interface NewNotification {
  readonly id: string;
  readonly traceId: string;
  readonly principal: string;
  readonly contextId: string;
  readonly request: NotificationRequest;
  readonly templateVersion: number | undefined;
  readonly acceptedAt: Date;
  /** Where its commit is seen; not kept. */
  readonly traceparent?: string | undefined;
}

export interface NewDelivery {
  readonly id: string;
  readonly recipient: string;
  readonly given: Exclude<Recipient, string> | undefined;
  readonly severity: Severity;
  /** The more, the sooner. */
  readonly urgency: number;
  readonly channels: readonly ChannelName[];
  readonly tier: Tier;
  readonly dueAt: Date;
  readonly dedupe?: { readonly key: string; readonly since: Date } | undefined;
  readonly digest?: { readonly key: string; readonly until: Date } | undefined;
}

export interface StoredAttempt {
  readonly delivery_id: string;
  readonly number: number;
  readonly channel: ChannelName;
  readonly provider: string | null;
  readonly started_at: Date;
  readonly finished_at: Date | null;
  readonly class: AttemptClass | null;
  readonly code: string | null;
  readonly spent: boolean;
  readonly provider_message_id: string | null;
  readonly receipt: ReceiptStatus | null;
  readonly receipt_at: Date | null;
}

export interface StoredDelivery {
  readonly id: string;
  readonly notification_id: string;
  readonly recipient: string;
  readonly state: DeliveryStatus;
  readonly channel: ChannelName | null;
  readonly channels: ChannelName[];
  readonly code: string | null;
  readonly due_at: Date | null;
  readonly sent_at: Date | null;
  readonly delivered_at: Date | null;
  readonly read_at: Date | null;
  readonly settled_at: Date | null;
  readonly digest_of: string | null;
  readonly attempts: StoredAttempt[];
}

export interface StoredNotification extends NewNotification {
  readonly deliveries: StoredDelivery[];
}

export interface NotificationFilter {
  readonly principal?: string | undefined;
  readonly status?: DeliveryStatus | undefined;
  readonly recipient?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

export interface Notifications {
  /**
   * Commits a notification with its deliveries. Once: the same id again changes nothing and gives `false`. A delivery that repeats a
   * dedupe key is kept as SKIPPED, one that joins a digest as DIGESTED; `newsOf` says what is told of the skipped ones.
   */
  accept(
    notification: NewNotification,
    deliveries: readonly NewDelivery[],
    newsOf: (delivery: NewDelivery, code: string) => News[],
  ): Promise<boolean>;
  find(id: string): Promise<StoredNotification | undefined>;
  list(filter: NotificationFilter): Promise<StoredNotification[]>;
  /** What was collected under a digest's first delivery, in order. */
  partsOf(deliveryId: string): Promise<Delivery[]>;
}

const COMMIT = { operation: 'INSERT', table: 'notifications' } as const;

export function createNotifications(database: Database): Notifications {
  return {
    accept: (notification, deliveries, newsOf) =>
      seenCommit(database.observer, COMMIT, { rows: 1 + deliveries.length, traceparent: notification.traceparent }, () =>
        database.transaction(async (query) => {
          const inserted = await query(
            {
              name: 'notifications-accept',
              text: `insert into notifications (id, trace_id, principal, context_id, request, template_version, accepted_at)
              values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning id`,
            },
            [
              notification.id,
              notification.traceId,
              notification.principal,
              notification.contextId,
              JSON.stringify(notification.request),
              notification.templateVersion ?? null,
              notification.acceptedAt,
            ],
          );
          if (inserted.length === 0) return false;
          // In one order everywhere, so that two notifications to the same people do not wait for each other in a circle.
          const ordered = deliveries.toSorted((a, b) => (a.recipient < b.recipient ? -1 : 1));
          for (const delivery of ordered) await insert(query, notification, delivery, newsOf);
          return true;
        }),
      ),

    async find(id) {
      const [found] = await read(database, { name: 'notifications-find', text: `${SELECT} where n.id = $1` }, [id]);
      return found;
    },

    list: ({ principal, status, recipient, before, limit }) =>
      read(
        database,
        {
          name: 'notifications-list',
          text: `${SELECT} where ($1::text is null or n.principal = $1) and ($2::text is null or n.id < $2)
            and (($3::text is null and $4::text is null) or exists (select 1 from deliveries d where d.notification_id = n.id
              and ($3::text is null or d.state = $3) and ($4::text is null or d.recipient = $4)))
            order by n.id desc limit $5`,
        },
        [principal ?? null, before ?? null, status ?? null, recipient ?? null, limit],
      ),

    async partsOf(deliveryId) {
      const rows = await database.query<DeliveryRow>(
        {
          name: 'deliveries-parts',
          text: `select ${DELIVERY_COLUMNS} from deliveries d join notifications n on n.id = d.notification_id
            where d.digest_of = $1 order by d.seq limit 100`,
        },
        [deliveryId],
      );
      return rows.map(deliveryOf);
    },
  };
}

async function insert(
  query: Query,
  { id: notificationId, acceptedAt }: NewNotification,
  delivery: NewDelivery,
  newsOf: (delivery: NewDelivery, code: string) => News[],
): Promise<void> {
  const { dedupe, digest, recipient } = delivery;
  if (dedupe !== undefined || digest !== undefined) {
    await query({ name: 'deliveries-window', text: 'select pg_advisory_xact_lock(hashtextextended($1, 4))' }, [recipient]);
  }
  const repeated = dedupe !== undefined && (await isRepeated(query, recipient, dedupe));
  const digestOf = repeated || digest === undefined ? undefined : await openDigest(query, recipient, digest.key, acceptedAt);
  const held = digest !== undefined && digestOf === undefined;
  const state: DeliveryStatus = repeated ? 'SKIPPED' : digestOf === undefined ? 'QUEUED' : 'DIGESTED';
  await query(
    {
      name: 'deliveries-insert',
      text: `insert into deliveries (id, notification_id, recipient, given, severity, urgency, channels, channel, state, tier, due_at, dedupe_key,
          digest_key, digest_of, code, accepted_at, settled_at)
        values ($1, $2, $3, $4, $5, $6, $7::text[], ($7::text[])[1], $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
    },
    [
      delivery.id,
      notificationId,
      recipient,
      delivery.given === undefined ? null : JSON.stringify(delivery.given),
      delivery.severity,
      delivery.urgency,
      delivery.channels,
      state,
      held ? 'held' : delivery.tier,
      state === 'QUEUED' ? (held ? digest.until : delivery.dueAt) : null,
      repeated ? null : (dedupe?.key ?? null),
      digest?.key ?? null,
      digestOf ?? null,
      repeated ? 'DUPLICATE' : null,
      acceptedAt,
      repeated ? acceptedAt : null,
    ],
  );
  const news = repeated ? newsOf(delivery, 'DUPLICATE') : [];
  for (const { type, body } of news) {
    await query({ name: 'news-add-one', text: 'insert into notification_news (type, body) values ($1, $2)' }, [
      type,
      JSON.stringify(body),
    ]);
  }
}

async function isRepeated(query: Query, recipient: string, { key, since }: { key: string; since: Date }): Promise<boolean> {
  const rows = await query(
    {
      name: 'deliveries-repeated',
      text: `select 1 from deliveries where recipient = $1 and dedupe_key = $2 and accepted_at > $3
        and state not in ('FAILED', 'SKIPPED') limit 1`,
    },
    [recipient, key, since],
  );
  return rows.length > 0;
}

/** The digest that still collects. The lock keeps it from being taken to be sent before this joins it. */
async function openDigest(query: Query, recipient: string, key: string, now: Date): Promise<string | undefined> {
  const [row] = await query<{ id: string }>(
    {
      name: 'deliveries-digest',
      text: `select id from deliveries where recipient = $1 and digest_key = $2 and digest_of is null
        and state = 'QUEUED' and tier = 'held' and due_at > $3 order by seq limit 1 for update`,
    },
    [recipient, key, now],
  );
  return row?.id;
}

const SELECT = `select n.id, n.trace_id, n.principal, n.context_id, n.request, n.template_version, n.accepted_at from notifications n`;

type NotificationRow = {
  id: string;
  trace_id: string;
  principal: string;
  context_id: string;
  request: NotificationRequest;
  template_version: number | null;
  accepted_at: Date;
};

async function read(
  database: Database,
  statement: { name: string; text: string },
  values: unknown[],
): Promise<StoredNotification[]> {
  const rows = await database.query<NotificationRow>(statement, values);
  if (rows.length === 0) return [];
  const deliveries = await database.query<Omit<StoredDelivery, 'attempts'>>(
    {
      name: 'deliveries-of',
      text: `select id, notification_id, recipient, state, channel, channels, code, due_at, sent_at, delivered_at, read_at, settled_at, digest_of
        from deliveries where notification_id = any($1::text[]) order by seq`,
    },
    [rows.map(({ id }) => id)],
  );
  const attempts = await database.query<StoredAttempt & Record<string, unknown>>(
    {
      name: 'attempts-of',
      text: `select delivery_id, number, channel, provider, started_at, finished_at, class, code, spent, provider_message_id, receipt, receipt_at
        from delivery_attempts where delivery_id = any($1::text[]) order by delivery_id, number`,
    },
    [deliveries.map(({ id }) => id)],
  );
  const attemptsOf = Map.groupBy(attempts, (attempt) => attempt.delivery_id);
  const deliveriesOf = Map.groupBy(deliveries, (delivery) => delivery.notification_id);
  return rows.map((row) => ({
    id: row.id,
    traceId: row.trace_id,
    principal: row.principal,
    contextId: row.context_id,
    request: row.request,
    templateVersion: row.template_version ?? undefined,
    acceptedAt: row.accepted_at,
    deliveries: (deliveriesOf.get(row.id) ?? []).map((delivery) => ({
      ...delivery,
      attempts: attemptsOf.get(delivery.id) ?? [],
    })),
  }));
}
