import type {
  AttemptClass,
  ChannelName,
  DeliveryStatus,
  NotificationNews,
  NotificationRequest,
  ReceiptStatus,
  Recipient,
  Severity,
} from '@techno/contracts';

/** `held` waits for its window (quiet hours, a digest) and `slow` for hours: neither holds up what comes after it. */
export type Tier = 'fast' | 'slow' | 'held';

/** A delivery with what its notification asks for. */
export interface Delivery {
  readonly id: string;
  readonly notificationId: string;
  readonly traceId: string;
  readonly principal: string;
  readonly request: NotificationRequest;
  readonly templateVersion: number | undefined;
  /** A contact's id, or `channel:address` where the address was given outright. */
  readonly recipient: string;
  readonly given: Exclude<Recipient, string> | undefined;
  readonly severity: Severity;
  readonly channels: readonly ChannelName[];
  /** Which of `channels` it is at. */
  readonly position: number;
  readonly state: DeliveryStatus;
  readonly tier: Tier;
  /** Attempts spent on this channel and tier. */
  readonly tries: number;
  /** Attempts on record, over all channels. */
  readonly attempts: number;
  readonly fence: number;
  readonly provider: string | undefined;
  readonly digestKey: string | undefined;
  readonly acceptedAt: Date;
  /** The attempt that was started and has no outcome. */
  readonly openAttempt: number | undefined;
  /** Some attempt is known to have arrived. */
  readonly confirmed: boolean;
  /** Not settled: something may still become of it. */
  readonly awaiting: boolean;
}

/** Where a delivery goes from here. */
export interface Transition {
  readonly state: DeliveryStatus;
  readonly position: number;
  readonly tier: Tier;
  readonly tries: number;
  /** When it is due again, or when its receipt is overdue. */
  readonly dueAt: Date | null;
  readonly provider: string | null;
  readonly code: string | null;
  readonly sentAt?: Date;
  readonly deliveredAt?: Date;
  readonly readAt?: Date;
  readonly settledAt: Date | null;
}

export interface AttemptEnd {
  readonly number: number;
  readonly class: AttemptClass;
  readonly code?: string | undefined;
  readonly spent: boolean;
  readonly providerMessageId?: string | undefined;
  readonly finishedAt: Date;
}

/** A channel that was passed over without a call. */
export interface Skip {
  readonly channel: ChannelName;
  readonly code: string;
  readonly at: Date;
}

export type News = {
  readonly type: 'notification.dispatched' | 'notification.delivered' | 'notification.failed';
  readonly body: NotificationNews;
};

/** Everything that is written together when a delivery moves. */
export interface Change {
  /** Absent: only what is known of an attempt changes. */
  readonly transition?: Transition | undefined;
  readonly attempt?: AttemptEnd | undefined;
  readonly skips?: readonly Skip[] | undefined;
  readonly receipt?: { readonly number: number; readonly status: ReceiptStatus; readonly at: Date } | undefined;
  /** Of this delivery, and of each that was sent as part of it. */
  readonly newsOf?: ((delivery: Pick<Delivery, 'id' | 'notificationId' | 'traceId'>) => readonly News[]) | undefined;
}

export interface DeliveryRow {
  id: string;
  notification_id: string;
  trace_id: string;
  principal: string;
  request: NotificationRequest;
  template_version: number | null;
  recipient: string;
  given: Exclude<Recipient, string> | null;
  severity: Severity;
  channels: ChannelName[];
  position: number;
  state: DeliveryStatus;
  tier: Tier;
  tries: number;
  attempts: number;
  fence: number;
  provider: string | null;
  digest_key: string | null;
  accepted_at: Date;
  open_attempt: number | null;
  confirmed: boolean;
  settled_at: Date | null;
  message_attempt?: number | null;
  [column: string]: unknown;
}

export function deliveryOf(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    notificationId: row.notification_id,
    traceId: row.trace_id,
    principal: row.principal,
    request: row.request,
    templateVersion: row.template_version ?? undefined,
    recipient: row.recipient,
    given: row.given ?? undefined,
    severity: row.severity,
    channels: row.channels,
    position: row.position,
    state: row.state,
    tier: row.tier,
    tries: row.tries,
    attempts: row.attempts,
    fence: row.fence,
    provider: row.provider ?? undefined,
    digestKey: row.digest_key ?? undefined,
    acceptedAt: row.accepted_at,
    openAttempt: row.open_attempt ?? undefined,
    confirmed: row.confirmed,
    awaiting: row.settled_at === null,
  };
}

/** What a delivery is read with; `for update of d` may follow. */
export const DELIVERY_COLUMNS = `d.id, d.notification_id, n.trace_id, n.principal, n.request, n.template_version, d.recipient, d.given,
  d.severity, d.channels, d.position, d.state, d.tier, d.tries, d.attempts, d.fence, d.provider, d.digest_key, d.accepted_at, d.settled_at,
  (select max(number) from delivery_attempts a where a.delivery_id = d.id and a.finished_at is null) as open_attempt,
  exists (select 1 from delivery_attempts a where a.delivery_id = d.id and a.receipt in ('DELIVERED', 'READ')) as confirmed`;
