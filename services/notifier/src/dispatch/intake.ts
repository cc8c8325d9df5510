import { errorMessage, every, SECOND } from '@techno/kernel';
import type { Breakers, BreakerState } from '@techno/resilience';
import { type Channel, ChannelFailure, type Outbound } from '../channels/channel.ts';
import { classify, type Verdict } from '../channels/classify.ts';

export type CallResult = { readonly class: 'ACCEPTED'; readonly providerMessageId: string | undefined } | Verdict;

/** An attempt that a message was charged with for what may be its provider's failing. */
export interface Charge {
  readonly deliveryId: string;
  readonly attempt: number;
}

/**
 * The door to one channel. It is shut while its provider says that it cannot send, or has failed too often in a row: then nothing is
 * claimed, so waiting costs no attempts. After a while one message is let out as a trial; what becomes of it opens the door or keeps
 * it shut.
 */
export interface Intake {
  readonly name: string;
  /** How many messages may be under way: as many as come, one as a trial, or none. */
  room(): number;
  /** Never throws: what went wrong is the result. */
  call(message: Outbound, signal: AbortSignal): Promise<CallResult>;
  /** The result as it counts now: what speaks against a provider whose door is shut costs its message nothing. */
  judge(result: CallResult): CallResult;
  /** Remembers a charge until the provider shows a sign of life; should it prove to be away, the charge is given back. */
  charged(charge: Charge): void;
  /** Asks the provider how it is, until the signal. */
  watch(signal: AbortSignal): Promise<void>;
}

export interface IntakeDeps {
  readonly channel: Channel;
  readonly breakers: Breakers;
  /** How often a provider that is away, or has sessions, is asked how it is. */
  readonly probeEveryMs: number;
  readonly onChange: (name: string, state: BreakerState, reason: string) => void;
  readonly giveBack: (charges: readonly Charge[]) => void;
}

const PROBE_LIMIT_MS = 5 * SECOND;

export function createIntake({ channel, breakers, probeEveryMs, onChange, giveBack }: IntakeDeps): Intake {
  const name = `${channel.name}:${channel.provider}`;
  const breaker = breakers.for(name);
  let down: string | undefined;
  let probing: Promise<void> | undefined;
  let told: BreakerState = 'closed';
  /** Since the last sign of life: fewer than it takes to shut the door. */
  let charges: Charge[] = [];

  const state = (): BreakerState => (down === undefined ? breakers.state(name) : 'open');
  breakers.onChange((changed) => {
    if (changed === name) tell('breaker');
  });

  function tell(reason: string): void {
    const now = state();
    if (now === told) return;
    told = now;
    if (now === 'open') forgive();
    onChange(name, now, reason);
  }

  function forgive(): void {
    if (charges.length > 0) giveBack(charges);
    charges = [];
  }

  /** One probe at a time, however many ask. */
  function probe(): Promise<void> {
    probing ??= (channel.probe?.(AbortSignal.timeout(PROBE_LIMIT_MS)) ?? Promise.resolve())
      .then(
        () => {
          down = undefined;
          tell('the provider answers again');
        },
        (error: unknown) => {
          down = errorMessage(error);
          tell(down);
        },
      )
      .finally(() => (probing = undefined));
    return probing;
  }

  return {
    name,
    room: () => (down === undefined ? breakers.room(name) : 0),
    async call(message, signal) {
      const send = () => channel.send(message, signal);
      try {
        const sent = await (channel.manyProviders === true ? send() : breaker.run(send, signal));
        charges = [];
        return { class: 'ACCEPTED', providerMessageId: sent.providerMessageId };
      } catch (error) {
        const verdict = verdictOf(error, channel);
        if (channel.manyProviders === true) return { ...verdict, aboutChannel: false };
        // Is it the message or the provider? A provider that cannot even say how it is shuts the door at once.
        if (verdict.aboutChannel) await probe();
        else if (verdict.spent) charges = [];
        return verdict;
      }
    },
    judge(result) {
      const excused = result.class === 'FAILED_TEMPORARY' && result.aboutChannel && state() !== 'closed';
      return excused ? { ...result, spent: false } : result;
    },
    charged(charge) {
      charges.push(charge);
      if (state() === 'open') forgive();
    },
    watch: (signal) =>
      every(probeEveryMs, signal, async () => {
        if (channel.session === true || state() !== 'closed') await probe();
      }),
  };
}

function verdictOf(error: unknown, channel: Channel): Verdict {
  if (error instanceof ChannelFailure) return classify(error.failure, channel);
  // The breaker opened while others were under way, or the channel threw what it should not have.
  const retryAfterMs = (error as { retryAfterMs?: number }).retryAfterMs;
  if (retryAfterMs !== undefined) return classify({ kind: 'resting', retryAfterMs }, channel);
  return classify({ kind: 'lost', sent: true, code: 'UNEXPECTED' }, channel);
}
