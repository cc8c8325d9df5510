import type { AttemptClass } from '@techno/contracts';
import { assertNever } from '@techno/kernel';
import { isTemporaryStatus } from '@techno/resilience';
import { ChannelFailure, type Failure } from './channel.ts';

export interface Verdict {
  readonly class: Exclude<AttemptClass, 'ACCEPTED' | 'SKIPPED'>;
  readonly code: string;
  readonly retryAfterMs?: number | undefined;
  /** False where nothing was tried. */
  readonly spent: boolean;
  /** It speaks against the provider rather than against this message. */
  readonly aboutChannel: boolean;
  /** The address is not to be tried again. */
  readonly suppress: boolean;
}

/**
 * The one judgement of failures. What may have been sent and cannot be repeated harmlessly is UNKNOWN; what the provider refused for
 * good is FAILED_PERMANENT; the rest may work later.
 */
export function classify(failure: Failure, provider: { readonly keyed: boolean }): Verdict {
  switch (failure.kind) {
    case 'status': {
      const { status, retryAfterMs } = failure;
      const code = `STATUS_${status}`;
      if (isTemporaryStatus(status)) return temporary(code, { retryAfterMs, aboutChannel: status !== 408 && status !== 425 });
      return permanent(failure.badAddress === true ? 'ADDRESS_REFUSED' : code, status === 410 || failure.badAddress === true);
    }
    case 'smtp': {
      const { reply, atRecipient } = failure;
      const code = `SMTP_${reply}`;
      // 421 is the server itself taking its leave; other 4xx speak of this mail.
      if (reply < 500) return temporary(code, { aboutChannel: reply === 421 });
      return permanent(code, atRecipient && BOUNCES.has(reply));
    }
    case 'lost':
      if (failure.sent && !provider.keyed) {
        return { class: 'UNKNOWN', code: failure.code, spent: true, aboutChannel: true, suppress: false };
      }
      return temporary(failure.code, { aboutChannel: true });
    case 'resting':
      return { ...temporary('BREAKER_OPEN', { retryAfterMs: failure.retryAfterMs, aboutChannel: false }), spent: false };
    case 'refused':
      return permanent(failure.code, false);
    default:
      return assertNever(failure);
  }
}

/** What counts against a provider, for its breaker. */
export function speaksAgainst(error: unknown): boolean {
  return error instanceof ChannelFailure && classify(error.failure, { keyed: true }).aboutChannel;
}

/** RFC 5321 §4.2.3: no such mailbox, not local, name not allowed. At RCPT TO they are about the address. */
const BOUNCES = new Set([550, 551, 553]);

function temporary(code: string, rest: { retryAfterMs?: number | undefined; aboutChannel: boolean }): Verdict {
  return { class: 'FAILED_TEMPORARY', code, spent: true, suppress: false, ...rest };
}

function permanent(code: string, suppress: boolean): Verdict {
  return { class: 'FAILED_PERMANENT', code, spent: true, aboutChannel: false, suppress };
}
