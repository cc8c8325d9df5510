import { type Consumer, type ConsumerConfig, type ConsumerMessages, JetStreamApiError, type JsMsg } from '@nats-io/jetstream';
import type { StreamName } from '@techno/contracts';
import { errorMessage, exponentialDelayMs, jittered, pause, SECOND } from '@techno/kernel';
import type { Bus } from './bus.ts';
import type { ByHand } from './intake.ts';
import { ensureConsumer, ensureStreams } from './topology.ts';

/** A durable to be kept there. */
export interface DurableOptions {
  readonly stream: StreamName;
  readonly config: ConsumerConfig & { durable_name: string };
  readonly streamReplicas: number;
  readonly onProblem: (fields: { problem: string; consumer: string }) => void;
}

export interface PullOptions extends DurableOptions {
  readonly prefetch: number;
  /** When its signal comes, messages are no longer fetched ahead. */
  readonly byHand?: ByHand;
}

/**
 * Holds `session` after `session` until the signal. It survives everything the server can do: a lost connection, a leader
 * change, a deleted consumer or stream (both are put back), with a backoff that only a session that held resets. A session that
 * returns true wants the next one at once.
 */
export async function sustain(
  bus: Bus,
  options: DurableOptions,
  session: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const { stream, config } = options;
  let failures = 0;
  while (!signal.aborted) {
    const startedAt = Date.now();
    try {
      await ensureStreams(bus, options.streamReplicas);
      await ensureConsumer(bus, stream, config);
      if (await session()) continue;
    } catch (error) {
      if (!signal.aborted) options.onProblem({ problem: errorMessage(error), consumer: config.durable_name });
    }
    if (signal.aborted) return;
    failures = Date.now() - startedAt > 10 * SECOND ? 1 : failures + 1;
    await pause(jittered(exponentialDelayMs(failures, 100, 2 * SECOND)), signal);
  }
}

/**
 * Gives messages to `take` until the signal, whatever the server does. Back-pressure: `take` is awaited before the next message
 * is asked of the buffer.
 */
export async function pull(
  bus: Bus,
  options: PullOptions,
  take: (message: JsMsg) => Promise<void> | void,
  signal: AbortSignal,
): Promise<void> {
  const { stream, config, byHand } = options;
  const session = async () => {
    const consumer = await bus.js.consumers.get(stream, config.durable_name);
    if (byHand?.signal.aborted) await pullByHand(consumer, byHand, take, signal);
    else await pullAhead(bus, consumer, options, take, signal);
    return byHand?.signal.aborted === true;
  };
  await sustain(bus, options, session, signal);
}

/** A buffer of the client is kept full, so that the next message is there when the last one has begun. */
async function pullAhead(
  bus: Bus,
  consumer: Consumer,
  options: PullOptions,
  take: (message: JsMsg) => Promise<void> | void,
  signal: AbortSignal,
): Promise<void> {
  const messages = await consumer.consume({
    max_messages: options.prefetch,
    expires: 5 * SECOND,
    idle_heartbeat: 1 * SECOND,
    abort_on_missing_resource: true,
  });
  const stop = () => void messages.close();
  signal.addEventListener('abort', stop, { once: true });
  options.byHand?.signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) stop();
    watch(bus, messages, options);
    for await (const message of messages) {
      const taken = take(message);
      if (taken !== undefined) await taken;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    options.byHand?.signal.removeEventListener('abort', stop);
    stop();
  }
}

/** Asks for as many as can begin, again and again: nothing waits in a buffer. What the server answers with an error throws. */
async function pullByHand(
  consumer: Consumer,
  byHand: ByHand,
  take: (message: JsMsg) => Promise<void> | void,
  signal: AbortSignal,
): Promise<void> {
  let messages: ConsumerMessages | undefined;
  let goOn = () => {};
  const stop = () => {
    void messages?.close();
    goOn();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    while (!signal.aborted) {
      await new Promise<void>((resolve) => {
        goOn = resolve;
        void byHand.roomy().then(resolve);
      });
      if (signal.aborted) return;
      messages = await consumer.fetch({ max_messages: byHand.room(), expires: 5 * SECOND, idle_heartbeat: 1 * SECOND });
      if (signal.aborted) stop();
      for await (const message of messages) await take(message);
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

const GONE = new Set<string>(['consumer_not_found', 'consumer_deleted', 'stream_not_found']);

/** Ends a pull whose consumer or stream is gone, so that the loop above puts it back. */
function watch(bus: Bus, messages: ConsumerMessages, options: PullOptions): void {
  void (async () => {
    for await (const status of messages.status()) {
      if (GONE.has(status.type)) {
        options.onProblem({ problem: status.type, consumer: options.config.durable_name });
        await messages.close();
      }
      // Missed heartbeats on a live connection may mean that a recreated server no longer knows the consumer.
      if (status.type === 'heartbeats_missed' && bus.connected() && !(await exists(bus, options))) await messages.close();
    }
  })();
}

async function exists(bus: Bus, { stream, config }: PullOptions): Promise<boolean> {
  try {
    await bus.jsm.consumers.info(stream, config.durable_name);
    return true;
  } catch (error) {
    // Only the server's own word counts: a timeout says nothing.
    return !(error instanceof JetStreamApiError);
  }
}
