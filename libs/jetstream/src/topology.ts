import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos, PermissionViolationError } from '@nats-io/nats-core';
import { type StreamName, STREAMS, type StreamSpec } from '@techno/contracts';
import { StartupError } from '@techno/kernel';
import { type Bus, connectBus } from './bus.ts';

/** Server error codes, from nats-server's errors.json. */
const STREAM_NAME_IN_USE = 10058;
const CONSUMER_NAME_EXISTS = 10148;
const CONSUMER_EXISTS = 10105;

function streamConfig(spec: StreamSpec, replicas: number): Partial<StreamConfig> & { name: string } {
  return {
    name: spec.name,
    subjects: [...spec.subjects],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: spec.discard === 'old' ? DiscardPolicy.Old : DiscardPolicy.New,
    max_bytes: spec.maxBytes,
    max_age: nanos(spec.maxAgeMs),
    duplicate_window: nanos(spec.duplicateWindowMs),
    num_replicas: replicas,
    allow_direct: true,
    ...(spec.schedules ? { allow_msg_schedules: true, allow_msg_ttl: true } : {}),
  };
}

/**
 * Creates what is missing and brings what is there to the given shape. Any replica may do it at any time, several at once:
 * after the bus has lost its store, whoever notices first puts the streams back. A service has no right to change a stream
 * that is there; for it, one that takes what it has to take will do, and any other is for the operator to change.
 * @throws StartupError STREAM_OUTDATED, TOPOLOGY_REFUSED
 */
export async function ensureStreams(bus: Bus, replicas = 1, specs: readonly StreamSpec[] = STREAMS): Promise<void> {
  for (const spec of specs) {
    const config = streamConfig(spec, replicas);
    try {
      await bus.jsm.streams.add(config);
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== STREAM_NAME_IN_USE)
        throw topologyError(`stream ${spec.name}`, error);
      await change(bus, spec, config);
    }
  }
}

/** The operator's part before a version starts: every stream as this version wants it, and no durable that it cannot change. */
export async function applyStreams(url: string, replicas = 1): Promise<void> {
  const bus = await connectBus({ url, name: 'techno-operator' });
  try {
    await ensureStreams(bus, replicas);
    for (const { name } of STREAMS) await replaceAckAll(bus, name);
  } finally {
    await bus.close();
  }
}

async function change(bus: Bus, spec: StreamSpec, config: ReturnType<typeof streamConfig>): Promise<void> {
  try {
    await bus.jsm.streams.update(spec.name, config);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    const { config: there } = await bus.jsm.streams.info(spec.name);
    const lacking = spec.subjects.filter((subject) => !there.subjects.includes(subject));
    if (lacking.length === 0 && (!spec.schedules || there.allow_msg_schedules === true)) return;
    throw new StartupError(
      'STREAM_OUTDATED',
      `stream ${spec.name} is of another version: it lacks ${lacking.join(', ') || 'message schedules'}`,
      "Run 'techno bus apply' with the operator's NATS_URL before the services of this version start.",
      { cause: error },
    );
  }
}

/** The client wraps what the server said to a request. */
function isForbidden(error: unknown): boolean {
  return error instanceof PermissionViolationError || (error instanceof Error && error.cause instanceof PermissionViolationError);
}

/**
 * Versions before this one settled a batch by the ack of its last message. The server lets nobody change that, so the durable is
 * made anew from the first message that it had not settled.
 */
async function replaceAckAll(bus: Bus, stream: StreamName): Promise<void> {
  for await (const { config, ack_floor } of bus.jsm.consumers.list(stream)) {
    if (config.ack_policy !== AckPolicy.All || config.durable_name === undefined) continue;
    await bus.jsm.consumers.delete(stream, config.durable_name);
    await bus.jsm.consumers.add(stream, {
      ...config,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: ack_floor.stream_seq + 1,
    });
  }
}

/**
 * Creates the durable, or changes it to `config`. Where it began stays as it is: the server lets nobody change that.
 * @throws StartupError CONSUMER_OUTDATED, TOPOLOGY_REFUSED
 */
export async function ensureConsumer(bus: Bus, stream: StreamName, config: ConsumerConfig): Promise<void> {
  const durable = config.durable_name ?? '';
  try {
    await bus.jsm.consumers.add(stream, config);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || ![CONSUMER_NAME_EXISTS, CONSUMER_EXISTS].includes(error.code)) {
      throw topologyError(`consumer ${durable}`, error);
    }
    const { config: there } = await bus.jsm.consumers.info(stream, durable);
    if (there.ack_policy !== config.ack_policy) {
      throw new StartupError(
        'CONSUMER_OUTDATED',
        `consumer ${durable} of stream ${stream} is of another version: its acks are '${there.ack_policy}'`,
        "Run 'techno bus apply' with the operator's NATS_URL before the services of this version start.",
        { cause: error },
      );
    }
    const { deliver_policy, opt_start_seq = 0 } = there;
    const begun = opt_start_seq > 0 ? { deliver_policy, opt_start_seq } : { deliver_policy };
    await bus.jsm.consumers.update(stream, durable, { ...config, ...begun });
  }
}

function topologyError(what: string, cause: unknown): Error {
  if (!(cause instanceof JetStreamApiError)) return cause instanceof Error ? cause : new Error(String(cause));
  return new StartupError(
    'TOPOLOGY_REFUSED',
    `nats-server refused ${what}: ${cause.message}`,
    'Check its JetStream limits (max_file_store) and that its version is 2.14 or newer.',
    { cause },
  );
}

const CONSUMER_NOT_FOUND = 10014;
const STREAM_NOT_FOUND = 10059;

/** `pendingOf` of those durables that there are: services that were never started have made none. */
export async function pendingWhereThere(bus: Bus, durables: Durables): ReturnType<typeof pendingOf> {
  const found = await Promise.all(
    durables.map((durable) =>
      pendingOf(bus, [durable]).catch((error: unknown) => {
        if (error instanceof JetStreamApiError && [CONSUMER_NOT_FOUND, STREAM_NOT_FOUND].includes(error.code)) return [];
        throw error;
      }),
    ),
  );
  return found.flat();
}

type Durables = readonly { stream: StreamName; consumer: string }[];

/** What waits for each durable, what it has in hand, and what of that was given out before. Throws where a stream or a durable is missing. */
export async function pendingOf(
  bus: Bus,
  durables: Durables,
): Promise<{ stream: string; consumer: string; pending: number; unacked: number; redelivered: number }[]> {
  return Promise.all(
    durables.map(async ({ stream, consumer }) => {
      const { num_pending, num_ack_pending, num_redelivered } = await bus.jsm.consumers.info(stream, consumer);
      return { stream, consumer, pending: num_pending, unacked: num_ack_pending, redelivered: num_redelivered };
    }),
  );
}
