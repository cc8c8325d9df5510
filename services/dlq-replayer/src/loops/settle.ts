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
  const becomes = next(ended, happeningOf(ended));
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
    reason: becomes.status === 'discarded' ? code : undefined,
    code,
    error: failedAgain && code !== undefined ? againOf(ended, code) : undefined,
  };
}

function againOf({ actor, outcome, error }: Ended, code: string) {
  const message = (outcome === 'DENIED' ? undefined : error?.message) ?? `the replay was ended: ${code}`;
  return { message, signature: errorSignature({ actor, code, message }) };
}

function happeningOf({ outcome, reasonCodes }: Ended): Happening {
  switch (outcome) {
    case 'COMPLETED':
      return { kind: 'succeeded' };
    case 'DENIED':
      return { kind: 'denied', reasonCodes };
    default:
      return { kind: 'failed' };
  }
}
