import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exhausted, type Failure, unparseable } from './failure.ts';
import { maxAttempts, settle } from './settle.ts';

const DELAYS = [1_000, 5_000, 15_000];
/** The middle of the jitter: a delay comes out as it went in. */
const middle = () => 0.5;

const terminal: Failure = { kind: 'terminal', code: 'GONE', message: 'gone', spendsAttempt: true };
const temporary: Failure = { kind: 'temporary', code: 'BUSY', message: 'busy', spendsAttempt: true };
const unknown: Failure = { kind: 'unknown', code: 'UNEXPECTED', message: 'what', spendsAttempt: true };
const free: Failure = { ...temporary, spendsAttempt: false };
const asked = (retryAfterMs: number, failure = temporary): Failure => ({ ...failure, retryAfterMs });

describe('settle', () => {
  it.each<[string, Failure | undefined, number, readonly number[], object]>([
    ['success', undefined, 1, DELAYS, { kind: 'ack' }],
    ['success on the last attempt', undefined, 4, DELAYS, { kind: 'ack' }],
    ['terminal, first attempt', terminal, 1, DELAYS, { kind: 'dead-letter', attempts: 1 }],
    ['terminal, third attempt', terminal, 3, DELAYS, { kind: 'dead-letter', attempts: 3 }],
    ['unparseable', unparseable('not JSON'), 1, DELAYS, { kind: 'dead-letter', attempts: 1 }],
    ['unparseable, no retries', unparseable('not JSON'), 1, [], { kind: 'dead-letter', attempts: 1 }],
    ['exhausted', exhausted(4), 5, DELAYS, { kind: 'dead-letter', attempts: 4 }],
    ['exhausted, whose dead letter could not be stored before', exhausted(4), 9, DELAYS, { kind: 'dead-letter', attempts: 4 }],
    ['temporary, first attempt', temporary, 1, DELAYS, { kind: 'retry', delayMs: 1_000, spent: 1 }],
    ['temporary, second attempt', temporary, 2, DELAYS, { kind: 'retry', delayMs: 5_000, spent: 2 }],
    ['temporary, third attempt', temporary, 3, DELAYS, { kind: 'retry', delayMs: 15_000, spent: 3 }],
    ['temporary, last attempt', temporary, 4, DELAYS, { kind: 'dead-letter', attempts: 4 }],
    ['temporary, no retries', temporary, 1, [], { kind: 'dead-letter', attempts: 1 }],
    ['unknown, first attempt', unknown, 1, DELAYS, { kind: 'retry', delayMs: 1_000, spent: 1 }],
    ['unknown, last attempt', unknown, 4, DELAYS, { kind: 'dead-letter', attempts: 4 }],
    ['asked to wait', asked(60_000), 1, DELAYS, { kind: 'retry', delayMs: 66_000, spent: 1 }],
    ['asked to wait not at all', asked(0), 2, DELAYS, { kind: 'retry', delayMs: 0, spent: 2 }],
    ['asked to wait on the last attempt', asked(60_000), 4, DELAYS, { kind: 'dead-letter', attempts: 4 }],
    ['free, first attempt', free, 1, DELAYS, { kind: 'retry', delayMs: 2_000, spent: 0 }],
    ['free, last attempt', free, 4, DELAYS, { kind: 'retry', delayMs: 2_000, spent: 3 }],
    ['free, no retries', free, 1, [], { kind: 'retry', delayMs: 2_000, spent: 0 }],
    ['free, with a time', asked(30_000, free), 4, DELAYS, { kind: 'retry', spent: 3 }],
  ])('%s', (_name, failure, attempt, delays, expected) => {
    expect(settle(failure, attempt, delays, middle)).toMatchObject(expected);
  });

  it('hands on the failure it was told', () => {
    expect(settle(terminal, 1, DELAYS)).toMatchObject({ failure: terminal });
    expect(settle(temporary, 1, DELAYS)).toMatchObject({ failure: temporary });
  });

  it('refuses a kind that does not exist, rather than choosing for it', () => {
    expect(() => settle({ ...terminal, kind: 'weird' as never }, 1, DELAYS)).toThrow('unreachable');
  });
});

const failure = fc.record({
  kind: fc.constantFrom('terminal', 'temporary', 'unknown', 'unparseable', 'exhausted'),
  code: fc.constantFrom('A', 'B'),
  message: fc.constant('m'),
  retryAfterMs: fc.option(fc.integer({ min: 0, max: 86_400_000 }), { nil: undefined }),
  spendsAttempt: fc.boolean(),
}) satisfies fc.Arbitrary<Failure>;
const delays = fc.array(fc.integer({ min: 0, max: 3_600_000 }), { maxLength: 8 });
const attempt = fc.integer({ min: 1, max: 12 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('settle, whatever comes', () => {
  it('never comes back earlier than the other side asked for', () => {
    fc.assert(
      fc.property(failure, attempt, delays, random, (failure, attempt, delays, at) => {
        const settled = settle(failure, attempt, delays, () => at);
        if (settled.kind === 'retry' && failure.retryAfterMs !== undefined) {
          expect(settled.delayMs).toBeGreaterThanOrEqual(failure.retryAfterMs);
          expect(settled.delayMs).toBeLessThanOrEqual(Math.ceil(failure.retryAfterMs * 1.2));
        }
      }),
    );
  });

  it('comes back within 20 % of the delay of this attempt when nobody asked', () => {
    fc.assert(
      fc.property(failure, attempt, delays, random, (given, attempt, delays, at) => {
        const settled = settle({ ...given, retryAfterMs: undefined, spendsAttempt: true }, attempt, delays, () => at);
        if (settled.kind !== 'retry') return;
        const delayMs = delays[attempt - 1] ?? Number.NaN;
        expect(Math.abs(settled.delayMs - delayMs)).toBeLessThanOrEqual(Math.ceil(delayMs * 0.2));
      }),
    );
  });

  it('never lets a free wait reach the dead letters, nor spend an attempt', () => {
    fc.assert(
      fc.property(failure, attempt, delays, random, (given, attempt, delays, at) => {
        const waits: Failure = { ...given, kind: 'temporary', spendsAttempt: false };
        expect(settle(waits, attempt, delays, () => at)).toMatchObject({ kind: 'retry', spent: attempt - 1 });
      }),
    );
  });

  it('ends after as many attempts as the policy has, however they fail', () => {
    fc.assert(
      fc.property(fc.array(failure, { minLength: 20, maxLength: 20 }), delays, random, (failures, delays, at) => {
        let number = 1;
        for (const one of failures) {
          if (number > maxAttempts(delays)) throw new Error(`attempt ${number} of ${maxAttempts(delays)}`);
          const settled = settle({ ...one, spendsAttempt: true }, number, delays, () => at);
          if (settled.kind !== 'retry') {
            expect(settled.kind).toBe('dead-letter');
            return;
          }
          expect(settled.spent).toBe(number);
          number = settled.spent + 1;
        }
        throw new Error('it never ended');
      }),
    );
  });

  it('says of no dead letter that it had more attempts than the policy has, but for one that was never read', () => {
    fc.assert(
      fc.property(failure, attempt, delays, (failure, attempt, delays) => {
        const number = failure.kind === 'exhausted' ? attempt : Math.min(attempt, maxAttempts(delays));
        const settled = settle(failure, number, delays);
        if (settled.kind === 'dead-letter') expect(settled.attempts).toBeLessThanOrEqual(maxAttempts(delays));
      }),
    );
  });

  it('answers for every kind of failure with one of the three settlements', () => {
    fc.assert(
      fc.property(fc.option(failure, { nil: undefined }), attempt, delays, (failure, attempt, delays) => {
        const settled = settle(failure, attempt, delays);
        expect(['ack', 'retry', 'dead-letter']).toContain(settled.kind);
        expect(settled.kind === 'ack').toBe(failure === undefined);
        if (settled.kind === 'retry') expect(Number.isInteger(settled.delayMs) && settled.delayMs >= 0).toBe(true);
      }),
    );
  });
});

it('maxAttempts counts the first try', () => {
  expect([[], [1], [1, 2, 3]].map(maxAttempts)).toEqual([1, 2, 4]);
});
