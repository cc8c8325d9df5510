import { JetStreamApiError } from '@nats-io/jetstream';
import type { StreamName } from '@techno/contracts';
import type { Bus } from './bus.ts';
import { type Message, messagesOf } from './messages-of.ts';

/** Server error codes, from nats-server's errors.json. */
const NO_MESSAGE = 10037;
const NO_STREAM = 10059;

/** A message read back from where it is stored. */
export interface StoredMessage extends Message {
  readonly stream: StreamName;
  readonly subject: string;
  readonly seq: number;
}

/** What is stored under a sequence: one message, or the events of a batch. Nothing where it is no longer stored. */
export async function storedMessages(bus: Bus, stream: StreamName, seq: number): Promise<StoredMessage[]> {
  const found = await bus.jsm.streams.getMessage(stream, { seq }).catch((error: unknown) => {
    if (error instanceof JetStreamApiError && (error.code === NO_MESSAGE || error.code === NO_STREAM)) return null;
    throw error;
  });
  if (found === null) return [];
  return messagesOf(found.header, found.data).map((message) => ({ ...message, stream, subject: found.subject, seq }));
}

/** When a stream was made: its sequences begin anew with every incarnation. Throws where it does not exist. */
export async function streamCreated(bus: Bus, stream: StreamName): Promise<string> {
  return (await bus.jsm.streams.info(stream)).created;
}
