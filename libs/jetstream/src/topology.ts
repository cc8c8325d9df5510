import {
  type ConsumerConfig,
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import { type StreamName, STREAMS, type StreamSpec } from '@techno/contracts';
import { StartupError } from '@techno/kernel';
import type { Bus } from './bus.ts';

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
 * after the bus has lost its store, whoever notices first puts the streams back.
 */
export async function ensureStreams(bus: Bus, replicas = 1, specs: readonly StreamSpec[] = STREAMS): Promise<void> {
  for (const spec of specs) {
    const config = streamConfig(spec, replicas);
    try {
      await bus.jsm.streams.add(config);
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.code !== STREAM_NAME_IN_USE)
        throw topologyError(`stream ${spec.name}`, error);
      await bus.jsm.streams.update(spec.name, config);
    }
  }
}

/** Creates the durable, or changes it to `config`. */
export async function ensureConsumer(bus: Bus, stream: StreamName, config: ConsumerConfig): Promise<void> {
  const durable = config.durable_name ?? '';
  try {
    await bus.jsm.consumers.add(stream, config);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || ![CONSUMER_NAME_EXISTS, CONSUMER_EXISTS].includes(error.code)) {
      throw topologyError(`consumer ${durable}`, error);
    }
    await bus.jsm.consumers.update(stream, durable, config);
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

/** Messages stored for each durable that it has not been given yet. Throws where a stream or a durable is missing. */
export async function pendingOf(
  bus: Bus,
  durables: readonly { stream: StreamName; consumer: string }[],
): Promise<{ stream: string; consumer: string; pending: number }[]> {
  return Promise.all(
    durables.map(async ({ stream, consumer }) => ({
      stream,
      consumer,
      pending: (await bus.jsm.consumers.info(stream, consumer)).num_pending,
    })),
  );
}
