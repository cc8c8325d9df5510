import { DEAD_LETTER_STATUSES, type DeadLetterStatus } from '@techno/contracts';
import { assertNever } from '@techno/kernel';

export interface Standing {
  readonly status: DeadLetterStatus;
  /** Replays that failed again. */
  readonly retryCount: number;
}

export type Happening =
  | { readonly kind: 'replay_started' }
  /** Somebody replays it although it was discarded. */
  | { readonly kind: 'reopened' }
  | { readonly kind: 'succeeded' }
  /** Its replay failed, however and wherever. */
  | { readonly kind: 'failed' }
  | { readonly kind: 'denied' }
  | { readonly kind: 'discarded' }
  /** The policy's automatic replays are used up. */
  | { readonly kind: 'given_up' };

/**
 * The whole life of a dead letter: what it becomes, or undefined where that cannot happen to it. A replay may fail after it
 * was taken for done (nothing more is heard of a message that is no action), and may be reported twice: it counts once.
 */
export function next({ status, retryCount }: Standing, happening: Happening): Standing | undefined {
  switch (happening.kind) {
    case 'replay_started':
      return status === 'pending' || status === 'permanent_failure' ? { status: 'replaying', retryCount } : undefined;
    case 'reopened':
      return status === 'discarded' ? { status: 'replaying', retryCount } : undefined;
    case 'succeeded':
      return status === 'replaying' ? { status: 'replayed', retryCount } : undefined;
    case 'failed':
      if (status === 'replaying' || status === 'replayed') return { status: 'pending', retryCount: retryCount + 1 };
      return status === 'pending' ? { status, retryCount } : undefined;
    case 'denied':
      return status === 'replaying' ? { status: 'discarded', retryCount } : undefined;
    case 'discarded':
      return status === 'pending' || status === 'permanent_failure' ? { status: 'discarded', retryCount } : undefined;
    case 'given_up':
      return status === 'pending' ? { status: 'permanent_failure', retryCount } : undefined;
    default:
      return assertNever(happening);
  }
}

/** The statuses in which something can happen. */
export function statusesFor(happening: Happening): DeadLetterStatus[] {
  return DEAD_LETTER_STATUSES.filter((status) => next({ status, retryCount: 0 }, happening) !== undefined);
}
