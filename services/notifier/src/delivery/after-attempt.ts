import type { ReceiptStatus } from '@techno/contracts';
import { assertNever, jittered, SECOND } from '@techno/kernel';
import type { Delivery, Transition } from '@techno/storage';
import type { DeliveryPolicy } from './policy.ts';

export type Outcome =
  /** `receipts`: more will be heard of it. */
  | { readonly class: 'ACCEPTED'; readonly receipts: boolean }
  | {
      readonly class: 'FAILED_TEMPORARY';
      readonly code: string;
      readonly retryAfterMs?: number | undefined;
      readonly spent: boolean;
    }
  | { readonly class: 'FAILED_PERMANENT'; readonly code: string }
  | { readonly class: 'UNKNOWN'; readonly code: string; readonly receipts: boolean };

export interface Moment {
  readonly nowMs: number;
  readonly policy: DeliveryPolicy;
  readonly random: () => number;
}

type Moving = Pick<
  Delivery,
  'channels' | 'position' | 'tier' | 'tries' | 'severity' | 'confirmed' | 'provider' | 'state' | 'request'
>;

/** While a channel is down its messages come back this often; nothing is claimed before it is up again. */
const DOWN_WAIT_MS = 1 * SECOND;

/** Where a delivery goes after a call: from what happened to the next state, pure but for the given moment. */
export function afterAttempt(delivery: Moving, outcome: Outcome, moment: Moment): Transition {
  const now = new Date(moment.nowMs);
  switch (outcome.class) {
    case 'ACCEPTED':
      return {
        ...here(delivery),
        state: 'SENT',
        code: null,
        sentAt: now,
        ...(outcome.receipts ? awaiting(delivery, moment) : { dueAt: null, settledAt: now }),
      };
    case 'FAILED_TEMPORARY':
      return afterTemporary(delivery, outcome, moment);
    case 'FAILED_PERMANENT':
      return nextChannel(delivery, outcome.code, moment.nowMs);
    case 'UNKNOWN':
      if (outcome.receipts) {
        return { ...here(delivery), state: 'UNKNOWN', code: outcome.code, ...awaiting(delivery, moment) };
      }
      // Nothing more will be heard. What matters is said again on another channel, everything else rather once than twice.
      return isUrgent(delivery) && delivery.position + 1 < delivery.channels.length
        ? nextChannel(delivery, outcome.code, moment.nowMs)
        : settled(delivery, 'UNKNOWN', outcome.code, moment.nowMs);
    default:
      return assertNever(outcome);
  }
}

function afterTemporary(
  delivery: Moving,
  { code, retryAfterMs, spent }: Extract<Outcome, { class: 'FAILED_TEMPORARY' }>,
  { nowMs, policy, random }: Moment,
): Transition {
  const again = (tier: 'fast' | 'slow', tries: number, delayMs: number): Transition => ({
    ...here(delivery),
    state: 'QUEUED',
    tier,
    tries,
    code,
    dueAt: new Date(nowMs + waitMs(delayMs, retryAfterMs, random)),
    settledAt: null,
  });
  const tier = delivery.tier === 'slow' ? 'slow' : 'fast';
  if (!spent) return again(tier, delivery.tries, DOWN_WAIT_MS);
  const delay = (tier === 'slow' ? policy.slowDelaysMs : policy.retryDelaysMs)[delivery.tries];
  if (delay !== undefined) return again(tier, delivery.tries + 1, delay);
  const parked = policy.slowDelaysMs[0];
  const last = delivery.position + 1 >= delivery.channels.length;
  if (tier === 'fast' && last && isUrgent(delivery) && parked !== undefined) return again('slow', 1, parked);
  return nextChannel(delivery, code, nowMs);
}

/** Never earlier than the other side asked for; around our own delay where it did not. */
function waitMs(ownMs: number, askedMs: number | undefined, random: () => number): number {
  return askedMs === undefined ? jittered(ownMs, random) : Math.round(askedMs * (1 + 0.2 * random()));
}

/** Gives this channel up: the next one now, or the end. An earlier message that is known to have arrived is the end as well. */
export function nextChannel(delivery: Moving, code: string, nowMs: number): Transition {
  if (delivery.confirmed) return { ...settled(delivery, 'DELIVERED', null, nowMs), deliveredAt: new Date(nowMs) };
  if (delivery.position + 1 >= delivery.channels.length) return settled(delivery, 'FAILED', code, nowMs);
  return {
    state: 'QUEUED',
    position: delivery.position + 1,
    tier: 'fast',
    tries: 0,
    dueAt: new Date(nowMs),
    provider: null,
    code,
    settledAt: null,
  };
}

/** The receipt did not come in time: the next channel, or, where there is none, what was known before is all there will be. */
export function afterSilence(delivery: Moving, nowMs: number): Transition {
  if (!delivery.confirmed && delivery.position + 1 >= delivery.channels.length)
    return settled(delivery, delivery.state, 'NO_RECEIPT', nowMs);
  return nextChannel(delivery, 'NO_RECEIPT', nowMs);
}

/**
 * What a receipt changes. A message that arrived ends its delivery, and with it a fallback that has not been sent; one that failed on
 * its way counts as a failure of its channel. Undefined: only the attempt's own record changes.
 */
export function afterReceipt(
  delivery: Moving & { settled: boolean; current: boolean },
  status: ReceiptStatus,
  atMs: number,
): Transition | undefined {
  const at = new Date(atMs);
  switch (status) {
    case 'SENT':
      return undefined;
    case 'FAILED':
      return delivery.current && !delivery.settled && (delivery.state === 'SENT' || delivery.state === 'UNKNOWN')
        ? nextChannel(delivery, 'RECEIPT_FAILED', atMs)
        : undefined;
    case 'DELIVERED':
    case 'READ': {
      // On its way out on another channel already: that call's end will see the receipt.
      if (delivery.state === 'SENDING' || delivery.state === 'READ') return undefined;
      if (delivery.state === 'DELIVERED' && status === 'DELIVERED') return undefined;
      const end = settled(delivery, status, null, atMs);
      return { ...end, deliveredAt: at, ...(status === 'READ' ? { readAt: at } : {}) };
    }
    default:
      return assertNever(status);
  }
}

export function settled(delivery: Moving, state: Transition['state'], code: string | null, nowMs: number): Transition {
  return { ...here(delivery), state, code, dueAt: null, settledAt: new Date(nowMs) };
}

function here({ position, tier, tries, provider }: Moving): Pick<Transition, 'position' | 'tier' | 'tries' | 'provider'> {
  return { position, tier, tries, provider: provider ?? null };
}

function awaiting({ request }: Moving, { nowMs, policy }: Moment): { dueAt: Date; settledAt: null } {
  const waitMs =
    request.receipt_timeout_seconds === undefined ? policy.receiptTimeoutMs : request.receipt_timeout_seconds * SECOND;
  return { dueAt: new Date(nowMs + waitMs), settledAt: null };
}

export function isUrgent({ severity }: Pick<Moving, 'severity'>): boolean {
  return severity === 'high' || severity === 'critical';
}
