import { createInbox, type Msg } from '@nats-io/nats-core';
import { MINUTE, StartupError } from '@techno/kernel';
import type { Bus } from './bus.ts';

/** How far a stream and its consumers have come. Sequences are those of the stream. */
export interface StreamPosition {
  readonly messages: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Durables: up to where everything is settled. */
  readonly settled: Readonly<Record<string, number>>;
}

/** What the server wants to have back with the data, as it said it. */
export interface StreamDescription {
  readonly config: unknown;
  readonly state: unknown;
}

/** Piece of the data on its way; several are under way before one is answered. */
const CHUNK_BYTES = 256 * 1024;
/** So long may the server, or whoever takes the data, be silent. */
const PATIENCE_MS = 1 * MINUTE;

/** Names of all streams, those of others and of key-value buckets too. */
export async function streamNames(bus: Bus): Promise<string[]> {
  const names: string[] = [];
  for await (const name of bus.jsm.streams.names()) names.push(name);
  return names.sort();
}

export async function positionOf(bus: Bus, stream: string): Promise<StreamPosition> {
  const { state } = await bus.jsm.streams.info(stream);
  const settled: Record<string, number> = {};
  for await (const consumer of bus.jsm.consumers.list(stream)) {
    if (consumer.config.durable_name !== undefined) settled[consumer.name] = consumer.ack_floor.stream_seq;
  }
  return { messages: state.messages, firstSeq: state.first_seq, lastSeq: state.last_seq, settled };
}

/**
 * The server's own snapshot of one stream: messages with subject, headers, time and sequence, the configuration, and every
 * durable with its position. The server checks what it stored on the way. What is published meanwhile may or may not be in it.
 * @throws Error what the server said
 */
export async function snapshotStream(
  bus: Bus,
  stream: string,
  take: (chunk: Uint8Array) => Promise<void>,
): Promise<StreamDescription> {
  const deliverSubject = createInbox(bus.inboxPrefix);
  const chunks = bus.nc.subscribe(deliverSubject);
  try {
    const asked = { deliver_subject: deliverSubject, no_consumers: false, jsck: true, chunk_size: CHUNK_BYTES };
    const description = await ask<StreamDescription>(bus, `$JS.API.STREAM.SNAPSHOT.${stream}`, JSON.stringify(asked));
    for await (const chunk of within(chunks, stream)) {
      if (chunk.data.length === 0) {
        const code = chunk.headers?.code ?? 204;
        if (code === 204) return { config: description.config, state: description.state };
        throw new Error(`nats-server ended the snapshot of ${stream}: ${code} ${chunk.headers?.description ?? ''}`);
      }
      await take(chunk.data);
      // Only then is more sent than a window's worth.
      chunk.respond();
    }
    throw new Error(`the connection ended during the snapshot of ${stream}`);
  } finally {
    chunks.unsubscribe();
  }
}

/**
 * Puts a stream back as it was, with its sequences and the positions of its consumers. It must not exist.
 * @throws Error what the server said
 */
export async function restoreStream(
  bus: Bus,
  stream: string,
  description: StreamDescription,
  data: AsyncIterable<Uint8Array>,
): Promise<void> {
  const { deliver_subject: subject } = await ask<{ deliver_subject: string }>(
    bus,
    `$JS.API.STREAM.RESTORE.${stream}`,
    JSON.stringify({ config: description.config, state: description.state }),
  );
  for await (const piece of data) {
    for (let at = 0; at < piece.length; at += CHUNK_BYTES) await ask(bus, subject, piece.subarray(at, at + CHUNK_BYTES));
  }
  await ask(bus, subject, new Uint8Array());
}

/**
 * Removes streams that hold nothing, so that others can be put in their place.
 * @throws StartupError STREAMS_NOT_EMPTY
 */
export async function removeEmptyStreams(bus: Bus): Promise<void> {
  const names = await streamNames(bus);
  const used: string[] = [];
  for (const name of names) if ((await positionOf(bus, name)).lastSeq > 0) used.push(name);
  if (used.length > 0) {
    throw new StartupError(
      'STREAMS_NOT_EMPTY',
      `nats-server holds messages already (in ${used.join(', ')})`,
      'A restore never mixes two pasts: restore into an empty JetStream.',
    );
  }
  for (const name of names) await bus.jsm.streams.delete(name);
}

async function ask<Answer>(bus: Bus, subject: string, data: string | Uint8Array): Promise<Answer> {
  const answer = await bus.nc.request(subject, data, { timeout: PATIENCE_MS });
  if (answer.data.length === 0) return {} as Answer;
  const said = answer.json<{ error?: { description?: string; err_code?: number; code: number } }>();
  if (said.error !== undefined) throw new Error(`nats-server refused: ${said.error.description ?? said.error.code}`);
  return said as Answer;
}

/** The messages, until none has come for too long. */
async function* within(messages: AsyncIterable<Msg>, stream: string): AsyncGenerator<Msg> {
  const iterator = messages[Symbol.asyncIterator]();
  for (;;) {
    let patience: NodeJS.Timeout | undefined;
    const overdue = new Promise<never>((_, reject) => {
      patience = setTimeout(() => reject(new Error(`nats-server sent nothing more of ${stream}`)), PATIENCE_MS);
    });
    try {
      const next = await Promise.race([iterator.next(), overdue]);
      if (next.done === true) return;
      yield next.value;
    } finally {
      clearTimeout(patience);
    }
  }
}
