import { type AutoReplayRule, matchesPattern, type PolicyDocument } from '@techno/contracts';
import { newId } from '@techno/kernel';
import type { AutoReplays, DeadLetterRow, Replays } from '@techno/storage';
import type { BreakerBoard } from '../breakers.ts';
import { next, statusesFor } from '../lifecycle.ts';
import type { SendReplays } from '../replayer.ts';

export interface AutoReplayDeps {
  readonly auto: AutoReplays;
  readonly replays: Replays;
  readonly breakers: BreakerBoard;
  readonly send: SendReplays;
  readonly now: () => number;
}

/** Rows a rule gives a time to in one go. */
const SCHEDULED_AT_ONCE = 1_000;

/** What to do now with a dead letter whose time has come. */
export type Verdict =
  | { readonly kind: 'replay' }
  | { readonly kind: 'wait'; readonly until: Date }
  | { readonly kind: 'give_up' }
  /** No rule fits it any more, or it is poison. */
  | { readonly kind: 'leave' };

export function judge(
  row: DeadLetterRow,
  policy: PolicyDocument,
  breakers: Pick<BreakerBoard, 'openUntil'>,
  nowMs: number,
): Verdict {
  const rule = policy.deadLetters.autoReplay.find((candidate) => fits(candidate, row));
  if (rule === undefined || row.quarantined) return { kind: 'leave' };
  if (row.retryCount >= rule.maxAttempts) return { kind: 'give_up' };
  const until = breakers.openUntil(row.jobName, policy, nowMs);
  return until === undefined ? { kind: 'replay' } : { kind: 'wait', until: new Date(until) };
}

export function fits(
  { codes, actors, kinds }: AutoReplayRule,
  row: Pick<DeadLetterRow, 'errorCode' | 'actor' | 'errorKind'>,
): boolean {
  return (
    codes.some((pattern) => matchesPattern(pattern, row.errorCode)) &&
    actors.some((pattern) => matchesPattern(pattern, row.actor)) &&
    (kinds === undefined || (kinds as readonly string[]).includes(row.errorKind))
  );
}

/** One round of the policy's automatic replays, at most `limit` of them. */
export async function autoReplay(deps: AutoReplayDeps, policy: PolicyDocument, limit: number): Promise<void> {
  const { auto, replays, breakers, send, now } = deps;
  for (const rule of policy.deadLetters.autoReplay) await auto.schedule(rule, SCHEDULED_AT_ONCE);
  const judged = (await auto.due(limit)).map((row) => ({ row, verdict: judge(row, policy, breakers, now()) }));
  const rowsOf = (kind: Verdict['kind']) => judged.filter(({ verdict }) => verdict.kind === kind).map(({ row }) => row);

  await auto.postpone(
    rowsOf('leave').map(({ id }) => id),
    undefined,
  );
  for (const { row, verdict } of judged) if (verdict.kind === 'wait') await auto.postpone([row.id], verdict.until);

  const ready = rowsOf('replay').map(({ id }) => id);
  if (ready.length > 0) {
    const claim = { by: 'policy', prefix: newId('auto', now()), from: statusesFor({ kind: 'replay_started' }) };
    await send(await replays.claimAll(ready, claim));
  }
  await replays.settle(rowsOf('give_up').flatMap((row) => givingUp(row) ?? []));
}

function givingUp(row: DeadLetterRow) {
  const becomes = next(row, { kind: 'given_up' });
  if (becomes === undefined) return undefined;
  const { id, replay, status: from, errorCode: code } = row;
  const reason = `${row.retryCount} replays failed`;
  return {
    id,
    replay,
    from,
    to: becomes.status,
    retryCount: becomes.retryCount,
    action: 'permanent_failure',
    by: 'policy',
    reason,
    code,
  };
}
