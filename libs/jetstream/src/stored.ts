import { JetStreamApiError } from '@nats-io/jetstream';
import type { Delivery } from '@techno/actor';
import type { Headers, StreamName } from '@techno/contracts';
import type { Bus } from './bus.ts';

/** Server error codes, from nats-server's errors.json. */
const NO_MESSAGE = 10037;
const NO_STREAM = 10059;

/** A message read back by its sequence, not delivered: settling it does nothing. Undefined where it is no longer stored. */
export async function storedMessage(bus: Bus, stream: StreamName, seq: number): Promise<Delivery | undefined> {
  const found = await bus.jsm.streams.getMessage(stream, { seq }).catch((error: unknown) => {
    if (error instanceof JetStreamApiError && (error.code === NO_MESSAGE || error.code === NO_STREAM)) return null;
    throw error;
  });
  if (found === null) return undefined;
  const headers: Headers = {};
  for (const [name, values] of found.header ?? []) headers[name] = values[0] ?? '';
  return {
    stream,
    subject: found.subject,
    seq,
    deliveries: 0,
    data: found.data,
    header: (name) => headers[name] || undefined,
    headers: () => headers,
    ack() {},
    nak() {},
    term() {},
    working() {},
  };
}

/** When a stream was made: its sequences begin anew with every incarnation. Throws where it does not exist. */
export async function streamCreated(bus: Bus, stream: StreamName): Promise<string> {
  return (await bus.jsm.streams.info(stream)).created;
}
