import { type ChannelName, CHANNELS, type ReceiptStatus } from '@techno/contracts';
import type { Database } from '../database.ts';
import { type Claim, claimDue } from './deliveries-claim.ts';
import {
  type Change,
  type Delivery,
  DELIVERY_COLUMNS,
  deliveryOf,
  type DeliveryRow,
  type News,
  type Transition,
} from './delivery-rows.ts';

type Query = Parameters<Parameters<Database['transaction']>[0]>[0];

/** Deliveries on their way. Postgres is what drives them: what is due is asked of it, and whoever moves one holds its fence. */
export interface Deliveries {
  /**
   * Takes what is due on a channel, the most urgent first, never one before an earlier one of the same recipient that is under
   * way. Pace and order hold over all replicas: they claim one after another.
   */
  claim(claim: Claim): Promise<Delivery[]>;
  /** Commits that a call is about to be made; the same one, however often it is told. Undefined: the fence is lost. */
  start(delivery: Delivery, attempt: { provider: string; at: Date; leaseUntil: Date }): Promise<number | undefined>;
  /** Moves one that this process holds. False: the fence is lost, and what was decided is not the record. */
  move(delivery: Delivery, decide: (current: Delivery) => Change): Promise<boolean>;
  /** Attempts that turn out to have cost nothing: where their delivery still waits on that channel it gets its try back, and is due now. */
  giveBack(attempts: readonly { deliveryId: string; attempt: number }[], now: Date): Promise<void>;
  /** Moves those whose holder has died. */
  recover(now: Date, limit: number, decide: (current: Delivery) => Change): Promise<Delivery[]>;
  /** Moves those whose receipt is overdue. */
  expire(now: Date, limit: number, decide: (current: Delivery) => Change): Promise<Delivery[]>;
  /** Moves the one that the message belongs to. False: no message of that id is on record yet. */
  receipt(
    message: { channel: ChannelName; id: string },
    decide: (current: Delivery, attempt: number) => Change | undefined,
  ): Promise<boolean>;
  /** Keeps a receipt that came before the record of its message. */
  keepEarly(receipt: { channel: ChannelName; id: string; status: ReceiptStatus; at: Date }): Promise<void>;
  /** Kept receipts whose message is on record now; each is forgotten as it is given. */
  takeEarly(limit: number): Promise<{ channel: ChannelName; id: string; status: ReceiptStatus; at: Date }[]>;
  /** Forgets receipts of messages that were never ours, and rests that are long over. */
  tidy(before: Date): Promise<void>;
  /** Hands over what is to be told, oldest first, and forgets it when `publish` has resolved. */
  tell(limit: number, publish: (news: readonly (News & { id: string })[]) => Promise<void>): Promise<number>;
  /** What there is to do at all: one question for whoever has nothing to do. */
  awaiting(now: Date): Promise<Awaiting>;
  /** Age in seconds of the oldest that is due, by channel. */
  ages(now: Date): Promise<Map<ChannelName, number>>;
}

export interface Awaiting {
  readonly due: readonly ChannelName[];
  /** Something for `recover`, `expire` or `takeEarly`. */
  readonly overdue: boolean;
  /** Something for `tell`. */
  readonly news: boolean;
}

/** A receipt never takes back what an earlier one said. */
const RECEIPT_ORDER = `array['FAILED', 'SENT', 'DELIVERED', 'READ']`;
/** Conditions on `deliveries d` at the moment $1. */
const ORPHANED = `d.state = 'SENDING' and d.leased_until <= $1`;
const SILENT = `d.state in ('SENT', 'UNKNOWN') and d.settled_at is null and d.due_at <= $1`;
/** Of `early_receipts e`: its message is on record now. */
const RECORDED_SINCE = `exists (select 1 from delivery_attempts a where a.channel = e.channel and a.provider_message_id = e.provider_message_id)`;

export function createDeliveries(database: Database): Deliveries {
  return {
    claim: (claim) => claimDue(database, claim),

    async start(delivery, { provider, at, leaseUntil }) {
      const [row] = await database.query<{ number: number }>(
        {
          name: 'deliveries-start',
          text: `with held as (
              update deliveries set attempts = $6, provider = $3, leased_until = $5
              where id = $1 and fence = $2 and state = 'SENDING' returning id, attempts, channel
            )
            insert into delivery_attempts (delivery_id, number, channel, provider, started_at)
            select id, attempts, channel, $3, $4 from held
            on conflict (delivery_id, number) do update set started_at = excluded.started_at returning number`,
        },
        [delivery.id, delivery.fence, provider, at, leaseUntil, delivery.attempts + 1],
      );
      return row?.number;
    },

    move: (delivery, decide) =>
      database.transaction(async (query) => {
        const [row] = await query<DeliveryRow>(
          {
            name: 'deliveries-held',
            text: `select ${DELIVERY_COLUMNS} from deliveries d join notifications n on n.id = d.notification_id
              where d.id = $1 and d.fence = $2 and d.state = 'SENDING' for update of d`,
          },
          [delivery.id, delivery.fence],
        );
        if (row === undefined) return false;
        await apply(query, deliveryOf(row), decide(deliveryOf(row)));
        return true;
      }),

    async giveBack(attempts, now) {
      await database.query(
        {
          name: 'deliveries-give-back',
          text: `with held as (
              select d.id, a.number from unnest($1::text[], $2::int[]) as k(id, number)
              join deliveries d on d.id = k.id join delivery_attempts a on a.delivery_id = k.id and a.number = k.number
              where d.state = 'QUEUED' and d.channel = a.channel for update of d
            ), excused as (
              update delivery_attempts a set spent = false from held where a.delivery_id = held.id and a.number = held.number
            )
            update deliveries d set tries = greatest(d.tries - 1, 0), due_at = $3 from held where d.id = held.id`,
        },
        [attempts.map(({ deliveryId }) => deliveryId), attempts.map(({ attempt }) => attempt), now],
      );
    },

    recover: (now, limit, decide) => sweep(database, 'deliveries-recover', ORPHANED, now, limit, decide),

    expire: (now, limit, decide) => sweep(database, 'deliveries-expire', SILENT, now, limit, decide),

    receipt: ({ channel, id }, decide) =>
      database.transaction(async (query) => {
        const [row] = await query<DeliveryRow>(
          {
            name: 'deliveries-of-message',
            text: `select ${DELIVERY_COLUMNS}, m.number as message_attempt from delivery_attempts m
              join deliveries d on d.id = m.delivery_id join notifications n on n.id = d.notification_id
              where m.channel = $1 and m.provider_message_id = $2 order by m.number desc limit 1 for update of d`,
          },
          [channel, id],
        );
        if (row === undefined) return false;
        const change = decide(deliveryOf(row), row.message_attempt ?? 0);
        if (change !== undefined) await apply(query, deliveryOf(row), change);
        return true;
      }),

    async keepEarly({ channel, id, status, at }) {
      await database.query(
        {
          name: 'receipts-early',
          text: 'insert into early_receipts (channel, provider_message_id, receipt, at) values ($1, $2, $3, $4) on conflict do nothing',
        },
        [channel, id, status, at],
      );
    },
    async takeEarly(limit) {
      const rows = await database.query<{ channel: ChannelName; provider_message_id: string; receipt: ReceiptStatus; at: Date }>(
        {
          name: 'receipts-take-early',
          text: `with k as materialized (
              select e.channel, e.provider_message_id, e.receipt from early_receipts e
              where ${RECORDED_SINCE} limit $1 for update skip locked)
            delete from early_receipts e using k where (e.channel, e.provider_message_id, e.receipt) = (k.channel, k.provider_message_id, k.receipt)
            returning e.channel, e.provider_message_id, e.receipt, e.at`,
        },
        [limit],
      );
      return rows.map(({ channel, provider_message_id: id, receipt: status, at }) => ({ channel, id, status, at }));
    },
    async tidy(before) {
      await database.query({ name: 'receipts-forget', text: 'delete from early_receipts where at < $1' }, [before]);
      await database.query({ name: 'paces-forget', text: `delete from paces where key like 'lane:%' and next_at < $1` }, [
        before,
      ]);
    },

    tell: (limit, publish) =>
      database.transaction(async (query) => {
        const rows = await query<{ id: string; type: News['type']; body: News['body'] }>(
          {
            name: 'news-take',
            text: 'select id, type, body from notification_news order by id limit $1 for update skip locked',
          },
          [limit],
        );
        if (rows.length === 0) return 0;
        await publish(rows);
        await query({ name: 'news-told', text: 'delete from notification_news where id = any($1::bigint[])' }, [
          rows.map(({ id }) => id),
        ]);
        return rows.length;
      }),

    async awaiting(now) {
      const [row] = await database.query<Awaiting>(
        {
          name: 'deliveries-awaiting',
          text: `select
              array(select c from unnest($2::text[]) as c
                where exists (select 1 from deliveries d where d.state = 'QUEUED' and d.channel = c and d.due_at <= $1)) as due,
              exists (select 1 from deliveries d where ${ORPHANED}) or exists (select 1 from deliveries d where ${SILENT})
                or exists (select 1 from early_receipts e where ${RECORDED_SINCE}) as overdue,
              exists (select 1 from notification_news) as news`,
        },
        [now, [...CHANNELS]],
      );
      return row ?? { due: [], overdue: false, news: false };
    },

    async ages(now) {
      const rows = await database.query<{ channel: ChannelName; age: number }>(
        {
          name: 'deliveries-ages',
          text: `select channel, extract(epoch from $1::timestamptz - min(due_at))::float8 as age from deliveries
            where state = 'QUEUED' and due_at <= $1 group by channel`,
        },
        [now],
      );
      return new Map(rows.map(({ channel, age }) => [channel, age]));
    },
  };
}

async function sweep(
  database: Database,
  name: string,
  where: string,
  now: Date,
  limit: number,
  decide: (current: Delivery) => Change,
): Promise<Delivery[]> {
  return database.transaction(async (query) => {
    const rows = await query<DeliveryRow>(
      {
        name,
        text: `select ${DELIVERY_COLUMNS} from deliveries d join notifications n on n.id = d.notification_id
          where ${where} order by d.seq limit $2 for update of d skip locked`,
      },
      [now, limit],
    );
    const found = rows.map(deliveryOf);
    for (const delivery of found) await apply(query, delivery, decide(delivery));
    return found;
  });
}

/** Writes a change under the lock on its delivery. The fence moves on: whoever held the delivery holds it no more. */
async function apply(query: Query, delivery: Delivery, change: Change): Promise<void> {
  const { transition: to, attempt, skips = [], receipt, newsOf } = change;
  if (attempt !== undefined) {
    await query(
      {
        name: 'attempts-end',
        text: `update delivery_attempts set finished_at = $3, class = $4, code = $5, spent = $6, provider_message_id = $7
          where delivery_id = $1 and number = $2`,
      },
      [
        delivery.id,
        attempt.number,
        attempt.finishedAt,
        attempt.class,
        attempt.code ?? null,
        attempt.spent,
        attempt.providerMessageId ?? null,
      ],
    );
  }
  if (receipt !== undefined) {
    await query(
      {
        name: 'attempts-receipt',
        text: `update delivery_attempts set receipt = $3, receipt_at = $4 where delivery_id = $1 and number = $2
          and coalesce(array_position(${RECEIPT_ORDER}, receipt), 0) < array_position(${RECEIPT_ORDER}, $3)`,
      },
      [delivery.id, receipt.number, receipt.status, receipt.at],
    );
  }
  if (skips.length > 0) {
    await query(
      {
        name: 'attempts-skip',
        text: `insert into delivery_attempts (delivery_id, number, channel, started_at, finished_at, class, code, spent)
          select $1, $2 + k.at, k.channel, $3, $3, 'SKIPPED', k.code, false
          from unnest($4::text[], $5::text[]) with ordinality as k(channel, code, at)`,
      },
      [delivery.id, delivery.attempts, skips[0]?.at, skips.map(({ channel }) => channel), skips.map(({ code }) => code)],
    );
  }
  if (to === undefined) return;
  await query(
    {
      name: 'deliveries-move',
      text: `update deliveries set state = $2, position = $3, channel = channels[$3 + 1], tier = $4, tries = $5, due_at = $6, provider = $7,
          code = $8, sent_at = coalesce($9, sent_at), delivered_at = coalesce(delivered_at, $10), read_at = coalesce(read_at, $11),
          settled_at = coalesce(settled_at, $12), leased_until = null, fence = fence + 1, attempts = attempts + $13
        where id = $1`,
    },
    [
      delivery.id,
      to.state,
      to.position,
      to.tier,
      to.tries,
      to.dueAt,
      to.provider,
      to.code,
      to.sentAt ?? null,
      to.deliveredAt ?? null,
      to.readAt ?? null,
      to.settledAt,
      skips.length,
    ],
  );
  const parts = to.settledAt === null ? [] : await settleParts(query, delivery, to);
  const news = newsOf === undefined ? [] : [delivery, ...parts].flatMap((one) => newsOf(one));
  if (news.length > 0) {
    await query(
      {
        name: 'news-add',
        text: 'insert into notification_news (type, body) select * from unnest($1::text[], $2::json[])',
      },
      [news.map(({ type }) => type), news.map(({ body }) => JSON.stringify(body))],
    );
  }
}

/** What was sent as part of a digest ends as the digest did. */
async function settleParts(query: Query, { id }: Delivery, to: Transition) {
  const rows = await query<{ id: string; notification_id: string; trace_id: string }>(
    {
      name: 'deliveries-settle-parts',
      text: `update deliveries d set state = $2, code = $3, sent_at = $4, delivered_at = $5, settled_at = $6, channel = $7
        from notifications n where n.id = d.notification_id and d.digest_of = $1 and d.settled_at is null
        returning d.id, d.notification_id, n.trace_id`,
    },
    [id, to.state, to.code, to.sentAt ?? null, to.deliveredAt ?? null, to.settledAt, null],
  );
  return rows.map((row) => ({ id: row.id, notificationId: row.notification_id, traceId: row.trace_id }));
}
