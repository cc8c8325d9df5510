import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextAfter, occurrencesAfter, type Timing } from '../timing/timing.ts';
import { admit, type Busy, fireAt, MAX_WAITING, MISSED_ONE_BY_ONE, type Plan, planDue, type Rules } from './plan.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const T0 = Date.parse('2026-11-01T12:00:00Z');
const IDLE: Busy = { running: 0, waiting: 0 };
const everyMinute: Timing = { kind: 'interval', everyMs: MINUTE, anchorMs: T0 };
const rules = (more: Partial<Rules> = {}): Rules => ({
  id: 'sch_1',
  timing: everyMinute,
  overlap: 'skip',
  catchUpMs: 5 * MINUTE,
  jitterMs: 0,
  ...more,
});
const told = ({ occurrences }: Plan) =>
  occurrences.map(({ nominalMs, status }) => `${(nominalMs - T0) / MINUTE}:${status}`).join(' ');

describe('an occurrence', () => {
  it('that is not due yet is left for then', () => {
    expect(planDue(rules(), T0 + MINUTE, IDLE, T0 + MINUTE - 1)).toEqual({
      occurrences: [],
      next: { nominalMs: T0 + MINUTE, fireMs: T0 + MINUTE },
    });
  });

  it('that is due runs, and the one after it is next', () => {
    const plan = planDue(rules(), T0 + MINUTE, IDLE, T0 + MINUTE + 250);
    expect(told(plan)).toBe('1:running');
    expect(plan.next?.nominalMs).toBe(T0 + 2 * MINUTE);
  });

  it('after which there is none ends the schedule', () => {
    const once: Timing = { kind: 'once', atMs: T0 };
    expect(planDue(rules({ timing: once }), T0, IDLE, T0 + SECOND)).toMatchObject({
      occurrences: [{ nominalMs: T0, status: 'running' }],
      next: undefined,
    });
  });
});

describe('the catch-up rule, after the clock was away for three ticks', () => {
  it.each([
    // window, back at, what becomes of them
    [5 * MINUTE, 3 * MINUTE + 20 * SECOND, '1:running 2:waiting 3:waiting'],
    [2 * MINUTE, 3 * MINUTE + 20 * SECOND, '1:missed 2:running 3:waiting'],
    [MINUTE, 3 * MINUTE + 20 * SECOND, '1:missed 2:missed 3:running'],
    [10 * SECOND, 3 * MINUTE + 20 * SECOND, '1:missed 2:missed 3:missed'],
    // To the millisecond: late by as much as the window is in it.
    [2 * MINUTE, 3 * MINUTE, '1:running 2:waiting 3:waiting'],
    [2 * MINUTE, 3 * MINUTE + 1, '1:missed 2:running 3:waiting'],
  ])('with a window of %d ms, back after %d ms: %s', (catchUpMs, backMs, expected) => {
    const plan = planDue(rules({ catchUpMs }), T0 + MINUTE, IDLE, T0 + backMs);
    expect(told(plan)).toBe(expected);
    expect(plan.next?.nominalMs).toBe(T0 + 4 * MINUTE);
  });

  it('all run at once where overlap is allowed', () => {
    expect(told(planDue(rules({ overlap: 'allow' }), T0 + MINUTE, IDLE, T0 + 3 * MINUTE))).toBe('1:running 2:running 3:running');
  });

  it('none runs beside one that has not ended, where overlap is skipped', () => {
    const plan = planDue(rules(), T0 + MINUTE, { running: 1, waiting: 0 }, T0 + 3 * MINUTE);
    expect(told(plan)).toBe('1:skipped 2:skipped 3:skipped');
    expect(plan.occurrences[0]).toMatchObject({ reason: 'OVERLAP' });
  });

  it('after a long time the first missed ones are named and the others counted', () => {
    const plan = planDue(rules(), T0 + MINUTE, IDLE, T0 + 1_000 * MINUTE + 1);
    const many = plan.occurrences[MISSED_ONE_BY_ONE];
    expect(many?.many).toEqual({ count: 1_000 - 5 - MISSED_ONE_BY_ONE, untilMs: T0 + 995 * MINUTE, counted: true });
    expect(plan.occurrences.filter(({ status }) => status !== 'missed')).toHaveLength(5);
  });

  it('after a very long time they are not even counted, and it takes no longer', () => {
    const eachSecond: Timing = { kind: 'cron', pattern: '* * * * * *', zone: 'Europe/Lisbon', skippedHour: 'run_after' };
    const now = T0 + 365 * 24 * 60 * MINUTE;
    const plan = planDue(rules({ timing: eachSecond, catchUpMs: 10 * SECOND }), T0, IDLE, now);
    expect(plan.occurrences[MISSED_ONE_BY_ONE]?.many).toMatchObject({ count: 10_000, counted: false });
    expect(plan.occurrences.filter(({ status }) => status !== 'missed').map(({ nominalMs }) => now - nominalMs)).toEqual(
      [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0].map((seconds) => seconds * SECOND),
    );
  });
});

describe('the overlap rule', () => {
  it.each<[Rules['overlap'], Busy, string]>([
    ['skip', IDLE, 'running'],
    ['skip', { running: 1, waiting: 0 }, 'skipped'],
    ['skip', { running: 0, waiting: 1 }, 'skipped'],
    ['queue', IDLE, 'running'],
    ['queue', { running: 1, waiting: 0 }, 'waiting'],
    ['queue', { running: 0, waiting: 3 }, 'waiting'],
    ['queue', { running: 1, waiting: MAX_WAITING }, 'skipped'],
    ['allow', { running: 7, waiting: 0 }, 'running'],
  ])('%s with %j: %s', (overlap, busy, status) => {
    expect(admit(overlap, busy, 1).map((verdict) => verdict.status)).toEqual([status]);
  });
});

describe('jitter', () => {
  it('is the same for the same occurrence, spread over its length, and never early', () => {
    const jittered = rules({ jitterMs: 30 * SECOND });
    const delays = Array.from({ length: 500 }, (_, n) => fireAt(jittered, T0 + n * MINUTE) - (T0 + n * MINUTE));
    expect(fireAt(jittered, T0)).toBe(fireAt(jittered, T0));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThan(30 * SECOND);
    expect(new Set(delays.map((delay) => Math.floor(delay / (3 * SECOND)))).size).toBe(10);
  });

  it('counts as no lateness', () => {
    const jittered = rules({ jitterMs: 50 * SECOND, catchUpMs: SECOND });
    const fire = fireAt(jittered, T0 + MINUTE);
    expect(told(planDue(jittered, T0 + MINUTE, IDLE, fire))).toBe('1:running');
    expect(planDue(jittered, T0 + MINUTE, IDLE, fire - 1).occurrences).toEqual([]);
  });
});

const timing = fc.oneof(
  fc.integer({ min: 20, max: 900 }).map((seconds): Timing => ({ kind: 'interval', everyMs: seconds * SECOND, anchorMs: T0 })),
  fc
    .constantFrom('*/7 * * * *', '0 * * * *', '30 1 * * *', '*/20 * * * * *')
    .map((pattern): Timing => ({ kind: 'cron', pattern, zone: 'Europe/Lisbon', skippedHour: 'run_after' })),
);

describe('however the clock ticks', () => {
  it('every occurrence is dealt with exactly once, and run exactly if it is in the window when the clock comes', () => {
    fc.assert(
      fc.property(
        timing,
        fc.constantFrom<Rules['overlap']>('skip', 'queue', 'allow'),
        fc.integer({ min: 1, max: 600 }).map((seconds) => seconds * SECOND),
        fc.constantFrom(0, 20 * SECOND),
        fc.array(fc.integer({ min: 1, max: 40 * MINUTE }), { minLength: 1, maxLength: 8 }),
        (given, overlap, catchUpMs, jitterMs, gaps) => {
          const some = rules({ timing: given, overlap, catchUpMs, jitterMs });
          let now = T0;
          let next = nextAfter(given, T0);
          const seen: number[] = [];
          for (const gap of gaps) {
            now += gap;
            if (next === undefined) return;
            const plan = planDue(some, next, IDLE, now);
            for (const { nominalMs, status, many } of plan.occurrences) {
              const late = now - fireAt(some, nominalMs);
              expect(late).toBeGreaterThanOrEqual(0);
              expect(status === 'missed').toBe(late > catchUpMs);
              if (many === undefined) seen.push(nominalMs);
              else seen.push(...occurrencesAfter(given, nominalMs - 1, many.count));
            }
            next = plan.next?.nominalMs;
            if (next !== undefined && plan.occurrences.length < 1_000) expect(fireAt(some, next)).toBeGreaterThan(now);
          }
          expect(seen).toEqual(occurrencesAfter(given, T0, seen.length));
        },
      ),
      { numRuns: 200 },
    );
  });
});
