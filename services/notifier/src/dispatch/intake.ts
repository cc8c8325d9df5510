import { errorMessage, every, SECOND } from '@techno/kernel';
import type { Breakers, BreakerState } from '@techno/resilience';
import { type Channel, ChannelFailure, type Outbound } from '../channels/channel.ts';
import { classify, type Verdict } from '../channels/classify.ts';

export type CallResult = { readonly class: 'ACCEPTED'; readonly providerMessageId: string | undefined } | Verdict;

/**
 * The door to one channel. While its breaker is open, or its provider says that it cannot send, the door is closed: nothing is claimed,
 * so waiting costs no attempts.
 */
export interface Intake {
  readonly name: string;
  state(): BreakerState;
  /** Never throws: what went wrong is the result. */
  call(message: Outbound, signal: AbortSignal): Promise<CallResult>;
  /** Asks the provider how it is, until the signal. */
  watch(signal: AbortSignal): Promise<void>;
}

export interface IntakeDeps {
  readonly channel: Channel;
  readonly breakers: Breakers;
  /** How often a closed door is tried, and an open one of a provider with sessions looked after. */
  readonly probeEveryMs: number;
  readonly onChange: (name: string, state: BreakerState, reason: string) => void;
}

const PROBE_LIMIT_MS = 5 * SECOND;

export function createIntake({ channel, breakers, probeEveryMs, onChange }: IntakeDeps): Intake {
  const name = `${channel.name}:${channel.provider}`;
  const breaker = breakers.for(name);
  let down: string | undefined;
  let probing: Promise<void> | undefined;

  function setDown(reason: string | undefined): void {
    if (down === reason || (down !== undefined && reason !== undefined)) return;
    down = reason;
    onChange(name, reason === undefined ? 'closed' : 'open', reason ?? 'the provider answers again');
  }

  /** One probe at a time, however many ask. */
  function probe(): Promise<void> {
    probing ??= (channel.probe?.(AbortSignal.timeout(PROBE_LIMIT_MS)) ?? Promise.resolve())
      .then(
        () => setDown(undefined),
        (error: unknown) => {
          setDown(errorMessage(error));
          throw error;
        },
      )
      .finally(() => (probing = undefined));
    return probing;
  }

  return {
    name,
    state: () => (down === undefined ? breakers.state(name) : 'open'),
    async call(message, signal) {
      try {
        const sent = await breaker.run(() => channel.send(message, signal), signal);
        return { class: 'ACCEPTED', providerMessageId: sent.providerMessageId };
      } catch (error) {
        const verdict = verdictOf(error, channel);
        if (!verdict.aboutChannel || channel.probe === undefined) return verdict;
        // Is it the message or the provider? A provider that cannot even say how it is must not cost the message an attempt.
        const up = await probe().then(
          () => true,
          () => false,
        );
        return up || verdict.class !== 'FAILED_TEMPORARY' ? verdict : { ...verdict, spent: false };
      }
    },
    watch: (signal) =>
      every(probeEveryMs, signal, async () => {
        if (channel.probe === undefined) return;
        // A half-open breaker is tried with a question, never with a message.
        if (breakers.state(name) !== 'closed') await breaker.run(probeFailing, signal).catch(() => undefined);
        else if (down !== undefined || channel.session === true) await probe().catch(() => undefined);
      }),
  };

  function probeFailing(): Promise<void> {
    return probe().catch((error: unknown) => {
      throw new ChannelFailure({ kind: 'lost', sent: false, code: 'PROBE_FAILED' }, errorMessage(error), { cause: error });
    });
  }
}

function verdictOf(error: unknown, channel: Channel): Verdict {
  if (error instanceof ChannelFailure) return classify(error.failure, channel);
  // The breaker opened while others were under way, or the channel threw what it should not have.
  const retryAfterMs = (error as { retryAfterMs?: number }).retryAfterMs;
  if (retryAfterMs !== undefined) return classify({ kind: 'resting', retryAfterMs }, channel);
  return classify({ kind: 'lost', sent: true, code: 'UNEXPECTED' }, channel);
}
