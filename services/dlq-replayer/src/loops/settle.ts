import type { Ended, Replays, Settling } from '@techno/storage';
import { type Happening, next } from '../lifecycle.ts';
import { errorSignature } from '../signature.ts';

const AT_ONCE = 1_000;

/** Brings along the dead letters whose replayed action has ended: the record of actions says how. */
export async function settleEnded(replays: Replays, onOutcome: (actor: string, outcome: string) => void): Promise<void> {
  for (;;) {
    const ended = await replays.ended(AT_ONCE);
    const settlings = ended.flatMap((one) => settlingOf(one) ?? []);
    const moved = await replays.settle(settlings);
    for (const { id, actor, outcome } of ended) if (moved.has(id)) onOutcome(actor, OUTCOMES[outcome] ?? 'failed');
    if (ended.length < AT_ONCE) return;
  }
}

/** Labels of `replays_total`. */
const OUTCOMES: Readonly<Record<string, string>> = { COMPLETED: 'completed', DENIED: 'denied' };

export function settlingOf(ended: Ended): Settling | undefined {
  const becomes = next(ended, happeningOf(ended.outcome));
  if (becomes === undefined) return undefined;
  const denied = ended.outcome === 'DENIED';
  const code = denied ? ended.reasonCodes[0] : ended.error?.code;
  const failedAgain = becomes.status === 'pending';
  return {
    id: ended.id,
    replay: ended.replay,
    from: ended.status,
    to: becomes.status,
    retryCount: becomes.retryCount,
    action: failedAgain ? 'replay_failed' : becomes.status,
    by: denied ? 'gates' : 'executor',
    reason: denied ? code : undefined,
    code,
    error: failedAgain && code !== undefined ? errorOf(ended, code) : undefined,
  };
}

function errorOf({ actor, error }: Ended, code: string) {
  const message = error?.message ?? `the replay was ended: ${code}`;
  return { message, signature: errorSignature({ actor, code, message }) };
}

function happeningOf(outcome: string): Happening {
  switch (outcome) {
    case 'COMPLETED':
      return { kind: 'succeeded' };
    case 'DENIED':
      return { kind: 'denied' };
    default:
      return { kind: 'failed' };
  }
}
