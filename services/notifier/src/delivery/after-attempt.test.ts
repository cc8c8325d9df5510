import { CHANNELS, DELIVERY_STATUSES, RECEIPT_STATUSES, SEVERITIES, type Severity } from '@techno/contracts';
import { HOUR, MINUTE, SECOND } from '@techno/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterAttempt, afterReceipt, afterSilence, type Outcome } from './after-attempt.ts';
import { DEFAULT_POLICY } from './policy.ts';

const NOW = Date.UTC(2026, 0, 1);
const moment = { nowMs: NOW, policy: DEFAULT_POLICY, random: () => 0.5 };
type Moving = Parameters<typeof afterAttempt>[0];

function at(more: Partial<Moving> = {}): Moving {
  return {
    channels: ['whatsapp', 'email'],
    position: 0,
    tier: 'fast',
    tries: 0,
    severity: 'normal',
    confirmed: false,
    provider: 'evolution',
    state: 'SENDING',
    request: { recipients: ['a'], text: { body: 'x' }, severity: 'normal' },
    ...more,
  };
}

const temporary = (more: Partial<Extract<Outcome, { class: 'FAILED_TEMPORARY' }>> = {}): Outcome => ({
  class: 'FAILED_TEMPORARY',
  code: 'STATUS_503',
  spent: true,
  ...more,
});
const dueIn = (transition: { dueAt: Date | null }) => (transition.dueAt?.getTime() ?? Number.NaN) - NOW;

describe('a temporary failure', () => {
  it.each([
    [0, 5 * SECOND],
    [1, 15 * SECOND],
    [2, 45 * SECOND],
    [3, 90 * SECOND],
  ])('after %d tries is tried again on its channel after %d ms', (tries, delayMs) => {
    const next = afterAttempt(at({ tries }), temporary(), moment);
    expect(next).toMatchObject({ state: 'QUEUED', position: 0, tries: tries + 1, settledAt: null });
    expect(dueIn(next)).toBe(delayMs);
  });

  it('waits as long as Retry-After says instead, and never less', () => {
    for (const random of [() => 0, () => 0.999]) {
      const wait = dueIn(afterAttempt(at(), temporary({ retryAfterMs: 30_000 }), { ...moment, random }));
      expect(wait).toBeGreaterThanOrEqual(30_000);
      expect(wait).toBeLessThanOrEqual(36_000);
    }
  });

  it('after the last try falls back to the next channel, at once', () => {
    expect(afterAttempt(at({ tries: 4 }), temporary(), moment)).toMatchObject({
      state: 'QUEUED',
      position: 1,
      tries: 0,
      dueAt: new Date(NOW),
    });
  });

  it.each([
    ['low', 'FAILED'],
    ['normal', 'FAILED'],
    ['high', 'QUEUED'],
    ['critical', 'QUEUED'],
  ] as [Severity, string][])('with no channel left, %s, is %s', (severity, state) => {
    expect(afterAttempt(at({ severity, position: 1, tries: 4 }), temporary(), moment).state).toBe(state);
  });

  it('is kept for hours where it matters: 5 min, 30 min, 2 h, 12 h, then it has failed', () => {
    let delivery = at({ severity: 'high', position: 1, tries: 4 });
    const waits: number[] = [];
    for (;;) {
      const next = afterAttempt(delivery, temporary(), moment);
      if (next.state === 'FAILED') break;
      expect(next.tier).toBe('slow');
      waits.push(dueIn(next));
      delivery = { ...delivery, tier: next.tier, tries: next.tries };
    }
    expect(waits).toEqual([5 * MINUTE, 30 * MINUTE, 2 * HOUR, 12 * HOUR]);
  });

  it('that found the channel down costs no try', () => {
    expect(afterAttempt(at({ tries: 2 }), temporary({ spent: false }), moment)).toMatchObject({
      state: 'QUEUED',
      position: 0,
      tries: 2,
    });
  });
});

describe('other ends of a call', () => {
  it('a permanent failure falls back at once, and is one where nothing is left', () => {
    const permanent: Outcome = { class: 'FAILED_PERMANENT', code: 'SMTP_550' };
    expect(afterAttempt(at(), permanent, moment)).toMatchObject({ state: 'QUEUED', position: 1 });
    expect(afterAttempt(at({ position: 1 }), permanent, moment)).toMatchObject({ state: 'FAILED', code: 'SMTP_550' });
  });

  it('accepted is the end where nothing more will be heard, else a wait for the receipt', () => {
    expect(afterAttempt(at(), { class: 'ACCEPTED', receipts: false }, moment)).toMatchObject({
      state: 'SENT',
      settledAt: new Date(NOW),
    });
    const waiting = afterAttempt(at(), { class: 'ACCEPTED', receipts: true }, moment);
    expect(waiting).toMatchObject({ state: 'SENT', settledAt: null });
    expect(dueIn(waiting)).toBe(60 * SECOND);
  });

  it('unknown is never sent again by the same channel', () => {
    const unknown: Outcome = { class: 'UNKNOWN', code: 'UPSTREAM_TIMEOUT', receipts: false };
    expect(afterAttempt(at(), unknown, moment)).toMatchObject({ state: 'UNKNOWN', settledAt: new Date(NOW) });
    expect(afterAttempt(at({ severity: 'high' }), unknown, moment)).toMatchObject({ state: 'QUEUED', position: 1 });
    expect(afterAttempt(at(), { ...unknown, receipts: true }, moment)).toMatchObject({ state: 'UNKNOWN', settledAt: null });
  });

  it('a failure after an earlier message is known to have arrived is no failure', () => {
    const permanent: Outcome = { class: 'FAILED_PERMANENT', code: 'SMTP_550' };
    expect(afterAttempt(at({ position: 1, confirmed: true }), permanent, moment)).toMatchObject({ state: 'DELIVERED' });
  });
});

describe('receipts', () => {
  const standing = (more: Partial<Moving & { settled: boolean; current: boolean }>) => ({
    ...at({ state: 'SENT' }),
    settled: false,
    current: true,
    ...more,
  });

  it('one that arrives ends the delivery, and the fallback that was about to be sent', () => {
    expect(afterReceipt(standing({}), 'DELIVERED', NOW)).toMatchObject({ state: 'DELIVERED', settledAt: new Date(NOW) });
    expect(afterReceipt(standing({ state: 'QUEUED', current: false }), 'DELIVERED', NOW)).toMatchObject({
      state: 'DELIVERED',
      dueAt: null,
    });
  });

  it('one that comes while the fallback is on its way changes nothing yet', () => {
    expect(afterReceipt(standing({ state: 'SENDING', current: false }), 'DELIVERED', NOW)).toBeUndefined();
  });

  it('one of a failure goes on to the next channel, once', () => {
    expect(afterReceipt(standing({}), 'FAILED', NOW)).toMatchObject({ state: 'QUEUED', position: 1 });
    expect(afterReceipt(standing({ current: false, state: 'QUEUED' }), 'FAILED', NOW)).toBeUndefined();
    expect(afterReceipt(standing({ settled: true }), 'FAILED', NOW)).toBeUndefined();
  });

  it('one that never comes goes on to the next channel, or leaves what was known', () => {
    expect(afterSilence(at({ state: 'SENT' }), NOW)).toMatchObject({ state: 'QUEUED', position: 1, code: 'NO_RECEIPT' });
    expect(afterSilence(at({ state: 'SENT', position: 1 }), NOW)).toMatchObject({ state: 'SENT', settledAt: new Date(NOW) });
    expect(afterSilence(at({ state: 'UNKNOWN', position: 1 }), NOW)).toMatchObject({
      state: 'UNKNOWN',
      settledAt: new Date(NOW),
    });
  });
});

const moving = fc.record({
  channels: fc.shuffledSubarray([...CHANNELS], { minLength: 1 }),
  position: fc.nat(3),
  tier: fc.constantFrom('fast' as const, 'slow' as const, 'held' as const),
  tries: fc.nat(6),
  severity: fc.constantFrom(...SEVERITIES),
  confirmed: fc.boolean(),
  provider: fc.constantFrom('p', undefined),
  state: fc.constantFrom(...DELIVERY_STATUSES),
  request: fc.constant(at().request),
});
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.record({ class: fc.constant('ACCEPTED' as const), receipts: fc.boolean() }),
  fc.record({
    class: fc.constant('FAILED_TEMPORARY' as const),
    code: fc.constant('C'),
    spent: fc.boolean(),
    retryAfterMs: fc.option(fc.nat(HOUR), { nil: undefined }),
  }),
  fc.record({ class: fc.constant('FAILED_PERMANENT' as const), code: fc.constant('C') }),
  fc.record({ class: fc.constant('UNKNOWN' as const), code: fc.constant('C'), receipts: fc.boolean() }),
);

it('whatever happens: it is due, waits for a receipt, or has ended; it only goes forward; and it ends', () => {
  fc.assert(
    fc.property(moving, fc.array(outcome, { minLength: 1, maxLength: 40 }), (start, outcomes) => {
      let delivery: Moving = { ...start, position: start.position % start.channels.length };
      let spentOnPlace = 0;
      for (const one of outcomes) {
        const next = afterAttempt(delivery, one, moment);
        expect(next.settledAt === null).toBe(next.dueAt !== null);
        expect(next.position).toBeGreaterThanOrEqual(delivery.position);
        expect(next.position).toBeLessThan(delivery.channels.length);
        // An answer that nobody can read is never followed by the same call.
        if (one.class === 'UNKNOWN') expect(next.state !== 'QUEUED' || next.position > delivery.position).toBe(true);
        if (next.settledAt !== null || next.state !== 'QUEUED') return;
        spentOnPlace =
          next.position > delivery.position || (one.class === 'FAILED_TEMPORARY' && !one.spent) ? 0 : spentOnPlace + 1;
        expect(spentOnPlace).toBeLessThanOrEqual(8);
        delivery = { ...delivery, ...next, provider: next.provider ?? undefined };
      }
    }),
  );
});

it('no receipt moves a delivery back from READ', () => {
  fc.assert(
    fc.property(moving, fc.constantFrom(...RECEIPT_STATUSES), (start, status) => {
      const delivery = { ...start, position: 0, state: 'READ' as const, settled: true, current: true };
      expect(afterReceipt(delivery, status, NOW)).toBeUndefined();
    }),
  );
});
