import { until } from '@techno/testkit';
import type { Json } from '../support/client.ts';
import type { Stack } from '../support/stack.ts';

/** A run as the API shows it. */
export type Run = Readonly<Record<'status' | 'scheduled_at' | 'trace_id' | 'trigger', string>> &
  Readonly<Partial<Record<'started_at' | 'finished_at' | 'reason', string>>>;

/**
 * A schedule of `key` (the root key unless another is given); its id. Its occurrences queue: where a slow machine has not ended
 * one of them when the next is due, that one is late, not skipped.
 */
export async function makeSchedule(stack: Stack, given: object, key = stack.rootKey): Promise<string> {
  const body = { name: 'test', action: 'echo', context_id: 'default', payload: { hello: 'world' }, overlap: 'queue', ...given };
  const { status, body: made } = await stack.call('POST', '/v1/schedules', { key, body });
  if (status !== 201) throw new Error(`${status}: ${JSON.stringify(made)}`);
  return String(made['id']);
}

/** Its runs, in the order in which they were due. */
export async function runsOf(stack: Stack, id: string): Promise<Run[]> {
  const { body } = await stack.call('GET', `/v1/schedules/${id}/runs?limit=200`, { key: stack.rootKey });
  return (body['runs'] as Json[]).toSorted((a: Run, b: Run) => a.scheduled_at.localeCompare(b.scheduled_at));
}

/** Its runs, as soon as that is true of them. */
export function runsUntil(stack: Stack, id: string, holds: (runs: readonly Run[]) => boolean): Promise<Run[]> {
  return until(
    async () => {
      const runs = await runsOf(stack, id);
      if (!holds(runs)) throw new Error(`its runs are ${JSON.stringify(runs, undefined, 1)}`);
      return runs;
    },
    // Less than a test may take: what was seen last is told.
    { timeoutMs: 50_000, everyMs: 100 },
  );
}

export const completed = (runs: readonly Run[]) => runs.filter(({ status }) => status === 'completed');

/** The first ones have all ended well. A later one may have ended before an earlier one, so those that have are not yet all that are due. */
export const firstCompleted = (count: number) => (runs: readonly Run[]) => completed(runs.slice(0, count)).length === count;
