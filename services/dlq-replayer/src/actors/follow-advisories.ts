import {
  type Actor,
  deadLetterId,
  deadLetterOf,
  defineActor,
  type Delivery,
  envelope,
  exhausted,
  type Failure,
  type Transport,
} from '@techno/actor';
import {
  type DeadLetter,
  type ConsumerAdvisory,
  consumerAdvisory,
  deadLettered,
  HEADER,
  type StreamName,
  STREAMS,
} from '@techno/contracts';
import { rfc3339, SECOND } from '@techno/kernel';

type GivenUp = Pick<Delivery, 'stream' | 'subject' | 'seq' | 'bytes' | 'header' | 'headers'>;

export interface AdvisoryDeps {
  /** What is stored under a sequence: one message, the events of a batch, or nothing any more. */
  readonly stored: (stream: StreamName, seq: number) => Promise<GivenUp[]>;
  /** Whether this dead letter has arrived by itself. */
  readonly known: (letter: DeadLetter) => Promise<boolean>;
  readonly transport: Transport;
  readonly now: () => number;
  /** Told of those that no runtime counted. */
  readonly onFound: (actor: string, code: string) => void;
}

/**
 * The safety net below the actor runtime. A message that nats-server gave up was either dead-lettered before, then this adds
 * nothing (it is known, or about to be under the same id), or its process never lived long enough to say so: then this says it.
 */
export const followAdvisories = ({ stored, known, transport, now, onFound }: AdvisoryDeps): Actor<ConsumerAdvisory> =>
  defineActor<ConsumerAdvisory>({
    name: 'follow-advisories',
    receives: consumerAdvisory,
    concurrency: 32,
    leaseMs: 10 * SECOND,
    retryDelaysMs: [1, 5, 30, 60, 300].map((seconds) => seconds * SECOND),
    async handle(advisory, { traceparent }) {
      const stream = STREAMS.find(({ name }) => name === advisory.stream)?.name;
      // Streams of others on the same server are theirs to watch.
      if (stream === undefined) return;
      const messages = await stored(stream, advisory.stream_seq);
      if (messages.length === 0) messages.push(gone(stream, advisory.stream_seq));
      const at = Date.parse(advisory.timestamp) || now();
      const failure = failureIn(advisory);
      const bury = async (message: GivenUp) => {
        const body = deadLetterOf(message, advisory.consumer, failure, advisory.deliveries, at);
        if (await known(body)) return;
        if (failure.kind === 'exhausted') onFound(advisory.consumer, failure.code);
        const id = deadLetterId(message, advisory.consumer);
        const wrapped = envelope(deadLettered, body, {
          causeId: id,
          source: 'follow-advisories',
          traceparent: message.header(HEADER.traceparent) ?? traceparent,
          now: rfc3339(at),
        });
        await transport.publish({ ...wrapped, id });
      };
      await Promise.all(messages.map(bury));
    },
  });

function failureIn({ type, reason, deliveries }: ConsumerAdvisory): Failure {
  if (!type.endsWith('terminated')) return exhausted(deliveries);
  return {
    kind: 'terminal',
    code: reason !== undefined && /^[A-Z][A-Z0-9_]{2,63}$/.test(reason) ? reason : 'MESSAGE_TERMINATED',
    message: reason === undefined ? 'its consumer terminated it' : `its consumer terminated it: ${reason}`,
    spendsAttempt: true,
  };
}

/** What is left of a message that its stream no longer holds: that it was there. */
function gone(stream: StreamName, seq: number): GivenUp {
  return { stream, subject: '', seq, bytes: () => new Uint8Array(), header: () => undefined, headers: () => ({}) };
}
