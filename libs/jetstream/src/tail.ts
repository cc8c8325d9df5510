import { type ConsumerMessages, DeliverPolicy } from '@nats-io/jetstream';
import { HEADER, type StreamName } from '@techno/contracts';
import { SECOND } from '@techno/kernel';
import type { Bus } from './bus.ts';

export interface Tailed {
  readonly seq: number;
  readonly type: string;
  readonly data: string;
  readonly header: (name: string) => string | undefined;
}

/**
 * Follows a stream without leaving a trace on the server: in order, from `afterSeq` (or from now), until the signal.
 * `take` is awaited, so a slow reader slows the stream and not the memory.
 */
export async function tail(
  bus: Bus,
  options: { stream: StreamName; subjects: readonly string[]; afterSeq?: number | undefined },
  take: (message: Tailed) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const consumer = await bus.js.consumers.get(options.stream, {
    filter_subjects: [...options.subjects],
    ...(options.afterSeq === undefined
      ? { deliver_policy: DeliverPolicy.New }
      : { opt_start_seq: options.afterSeq + 1, deliver_policy: DeliverPolicy.StartSequence }),
  });
  const messages: ConsumerMessages = await consumer.consume({
    max_messages: 200,
    expires: 5 * SECOND,
    idle_heartbeat: 1 * SECOND,
  });
  const stop = () => void messages.close();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    for await (const message of messages) {
      await take({
        seq: message.seq,
        type: message.headers?.get(HEADER.eventType) ?? '',
        data: message.string(),
        header: (name) => message.headers?.get(name) || undefined,
      });
      if (signal.aborted) break;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    await messages.close();
    await consumer.delete().catch(() => false);
  }
}
