import { until } from '@techno/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startStack, type Stack } from '../support/stack.ts';
import { makeSchedule, type Run, runsUntil } from './real.ts';

const EVERY_MS = 2_000;
const WINDOW_MS = 3_000;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
  for (let replica = 0; replica < 3; replica++) await stack.start('scheduler');
});
afterAll(() => stack?.stop());

it('NATS killed for three ticks: after it returns the catch-up rule holds for every occurrence', async () => {
  const id = await makeSchedule(stack, { interval_seconds: EVERY_MS / 1_000, catch_up_seconds: WINDOW_MS / 1_000 });
  const before = await runsUntil(stack, id, (all) => all.filter(({ status }) => status === 'completed').length >= 2);
  await stack.nats.kill();
  const last = Date.parse(before.at(-1)?.scheduled_at ?? '');
  // The clock goes on without it: three occurrences pass, and a part of a fourth.
  await until(() => Date.now() > last + 4 * EVERY_MS + EVERY_MS / 2);
  await stack.nats.start();
  const isOver = (all: readonly Run[]) =>
    all.filter(({ status, scheduled_at }) => status === 'completed' && Date.parse(scheduled_at) > last + 5 * EVERY_MS).length >=
    2;
  const runs = await runsUntil(stack, id, isOver);
  await stack.call('POST', `/v1/schedules/${id}/pause`, { key: stack.rootKey });

  // Each occurrence is on record once, and there is none without a record.
  const scheduled = runs.map(({ scheduled_at }) => Date.parse(scheduled_at));
  expect(scheduled.slice(1).map((at, index) => at - (scheduled[index] ?? 0))).toEqual(scheduled.slice(1).map(() => EVERY_MS));
  // Missed are those, and only those, that were late by more than the window when they were dealt with.
  const missed = runs.filter(({ status }) => status === 'missed');
  expect(missed.length).toBeGreaterThanOrEqual(1);
  for (const { reason, scheduled_at, finished_at } of missed) {
    expect(reason).toBe('CATCH_UP_WINDOW');
    expect(Date.parse(finished_at ?? '') - Date.parse(scheduled_at)).toBeGreaterThan(WINDOW_MS);
  }
  const decidedAt = Math.min(...missed.map(({ finished_at }) => Date.parse(finished_at ?? '')));
  for (const { status, scheduled_at } of runs) {
    const at = Date.parse(scheduled_at);
    if (at <= last || at > decidedAt) continue;
    expect([scheduled_at, status === 'missed']).toEqual([scheduled_at, decidedAt - at > WINDOW_MS]);
  }
});
