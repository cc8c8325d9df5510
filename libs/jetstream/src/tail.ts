import { type ConsumerMessages, DeliverPolicy } from '@nats-io/jetstream';
import { HEADER, type StreamName } from '@techno/contracts';
import { SECOND } from '@techno/kernel';
import type { Bus } from './bus.ts';
import { messagesOf } from './messages-of.ts';

export interface Tailed {
  readonly seq: number;
  /** Whether no other message is stored under this sequence after it. */
  readonly lastOfSeq: boolean;
  readonly type: string;
  json(): unknown;
  header(name: string): string | undefined;
}

/**
 * Follows a stream without leaving a trace on the server: in order, from `afterSeq` (or from now), until the signal.
 * `take` is awaited, so a slow reader slows the stream and not the memory.
 */
export async function tail(
  bus: Bus,
  options: { stream: StreamName; subject: string; afterSeq?: number | undefined },
  take: (message: Tailed) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const consumer = await bus.js.consumers.get(options.stream, {
    // One, and not a list: then the server holds the filter against the rights of whoever asks.
    filter_subjects: options.subject,
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
      const { seq } = message;
      const together = messagesOf(message.headers, message.data);
      for (const [index, { header, json }] of together.entries()) {
        await take({ seq, lastOfSeq: index === together.length - 1, type: header(HEADER.eventType) ?? '', json, header });
        if (signal.aborted) break;
      }
      if (signal.aborted) break;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    await messages.close();
    await consumer.delete().catch(() => false);
  }
}
