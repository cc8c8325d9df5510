import type { DeadLetterPolicy } from '@techno/contracts';
import { DAY, newW3cTraceId, traceIdFrom } from '@techno/kernel';
import type { DeadLetterEvents, DeadLetters } from '@techno/storage';

const AT_ONCE = 5_000;
const STATUSES = ['replayed', 'discarded', 'permanent_failure'] as const;
export type Purgeable = (typeof STATUSES)[number];

export interface PurgeDeps {
  readonly deadLetters: DeadLetters;
  readonly events: DeadLetterEvents;
  readonly now: () => number;
}

/** Deletes what was dealt with before a time, in pieces, and notes who did. */
export async function purge(
  { deadLetters, events, now }: PurgeDeps,
  { status, before, by }: { status: Purgeable; before: Date; by: string },
): Promise<number> {
  let count = 0;
  for (;;) {
    const deleted = await deadLetters.purge(status, before, { dryRun: false, limit: AT_ONCE });
    count += deleted;
    if (deleted < AT_ONCE) break;
  }
  if (count > 0) await events.note({ action: 'purged', by, traceId: traceIdFrom(newW3cTraceId(now())), data: { count, status } });
  return count;
}

/** The policy's own purge. */
export async function retain(deps: PurgeDeps, policy: DeadLetterPolicy): Promise<void> {
  for (const status of STATUSES) {
    const days = policy.retentionDays[status];
    if (days !== undefined) await purge(deps, { status, before: new Date(deps.now() - days * DAY), by: 'retention' });
  }
}
