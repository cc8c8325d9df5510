import { type Actor, type BatchActor, checkActors, type Transport } from '@techno/actor';
import { durablesOf, inboxPrefix, type ServiceName, type StreamName } from '@techno/contracts';
import {
  type Bus,
  connectBus,
  createTransport,
  type Endpoint,
  ensureStreams,
  pendingOf,
  runActor,
  runBatchActor,
  type RunActorDeps,
  serveRequests,
  usageOf,
} from '@techno/jetstream';
import { type Clock, errorCode, errorMessage, every, SECOND, StartupError, systemClock } from '@techno/kernel';
import { checkDatabase, type Database, openDatabase } from '@techno/storage';
import { createTelemetry, type SpanExport, type Telemetry } from '@techno/telemetry';
import type { CommonConfig } from './config.ts';
import { type Check, probeAll } from './health.ts';
import { actorObserver } from './observer.ts';
import { startOps } from './ops.ts';
import { storeObserver } from './store-observer.ts';
import { type LongLived, supervise } from './supervise.ts';
import { tracedTransport } from './traced-transport.ts';

export const VERSION = '0.1.0';

/** Of the bus's own news, what an operator should read. */
const NOTED = new Set(['disconnect', 'reconnect', 'error', 'ldm', 'slowConsumer', 'staleConnection', 'close']);

/** How often a process looks whether what it needs is there, for its metrics. */
const LOOK_MS = 5 * SECOND;

/** What a service is given to build itself from. */
export interface Runtime<Config> {
  readonly name: ServiceName;
  readonly config: Config;
  readonly telemetry: Telemetry;
  readonly bus: Bus;
  readonly transport: Transport;
  readonly database: Database;
  readonly clock: Clock;
}

/** What it is made of. Everything is optional; the order of stopping is fixed. */
export interface ServiceParts {
  readonly actors?: readonly Actor<never>[];
  readonly batchActors?: readonly BatchActor[];
  readonly endpoints?: readonly Endpoint[];
  readonly loops?: readonly LongLived[];
  readonly checks?: readonly Check[];
  /** Refuse new work from outside; called first when the process must stop, and awaited. */
  readonly stopIntake?: () => Promise<void>;
  /** Last words: called when everything in flight has ended. */
  readonly close?: () => Promise<void>;
}

export interface ServiceDefinition<Config extends CommonConfig> {
  readonly name: ServiceName;
  readonly config: () => Config;
  readonly build: (runtime: Runtime<Config>) => Promise<ServiceParts>;
  /** Connections of the hot path. */
  readonly poolSize?: number;
}

/** An actor of any body, for a list of them. */
export function actor<Body>(definition: Actor<Body>): Actor<never> {
  return definition as unknown as Actor<never>;
}

/**
 * The life of a process: settings → telemetry → record and bus → boot checks → parts → ready; then until SIGTERM: not
 * ready → stop intake → stop pulling → finish what is in flight within the grace period → abort → close in reverse.
 * A start that fails says cause and fix in one JSON line and exits with 1.
 */
export async function runService<Config extends CommonConfig>(definition: ServiceDefinition<Config>): Promise<void> {
  try {
    await live(definition);
    process.exit(0);
  } catch (error) {
    process.stdout.write(`${JSON.stringify(lastLine(definition.name, error))}\n`, () => process.exit(1));
  }
}

function lastLine(service: ServiceName, error: unknown) {
  return {
    level: 'fatal',
    time: new Date().toISOString(),
    service,
    code: errorCode(error),
    error: errorMessage(error),
    ...(error instanceof StartupError ? { fix: error.fix } : { stack: error instanceof Error ? error.stack : undefined }),
    msg: 'service.failed',
  };
}

async function live<Config extends CommonConfig>(definition: ServiceDefinition<Config>): Promise<void> {
  const { name } = definition;
  const config = definition.config();
  const telemetry = createTelemetry({
    service: name,
    version: VERSION,
    logLevel: config.TECHNO_LOG_LEVEL,
    traceRatio: config.TECHNO_TRACE_RATIO,
    metrics: config.TECHNO_METRICS === 'on',
    spans: await spanExport(config),
  });
  const { log } = telemetry;
  const closers: (() => Promise<void>)[] = [() => telemetry.shutdown()];
  const stopping = stopRequested();
  try {
    const database = await openDatabase({
      url: config.DATABASE_URL,
      applicationName: `techno-${name}`,
      observer: storeObserver(telemetry),
      ...(definition.poolSize === undefined ? {} : { poolSize: definition.poolSize }),
    });
    closers.push(() => database.close());
    telemetry.metrics.store.connectionsFrom(() => database.connections());
    await checkDatabase(database);
    const bus = await connectBus({
      url: config.NATS_URL,
      name: `techno-${name}`,
      inboxPrefix: inboxPrefix(name),
      onStatus: (status) => void (NOTED.has(status) && log.warn({ status }, 'nats.status')),
    });
    closers.push(() => bus.close());
    await ensureStreams(bus, config.TECHNO_STREAM_REPLICAS);

    const transport = tracedTransport(createTransport(bus), telemetry.tracer);
    const parts = await definition.build({ name, config, telemetry, bus, transport, database, clock: systemClock });
    if (parts.close !== undefined) closers.push(parts.close);
    await runParts(definition, config, telemetry, { bus, transport, database }, parts, stopping);
  } finally {
    for (const close of closers.reverse())
      await close().catch((error: unknown) => log.warn({ error: errorMessage(error) }, 'service.close_failed'));
  }
}

/** The SDK that records spans is loaded where they go somewhere: it is a quarter of what a process loads. */
async function spanExport(config: CommonConfig): Promise<SpanExport | undefined> {
  if (config.OTEL_SDK_DISABLED === 'true' || config.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return undefined;
  const { otlpExport } = await import('@techno/telemetry/otlp');
  return otlpExport(config.OTEL_EXPORTER_OTLP_ENDPOINT);
}

async function runParts<Config extends CommonConfig>(
  { name }: ServiceDefinition<Config>,
  config: Config,
  telemetry: Telemetry,
  { bus, transport, database }: { bus: Bus; transport: Transport; database: Database },
  parts: ServiceParts,
  stopping: Promise<string>,
): Promise<void> {
  const { log, metrics } = telemetry;
  const actors = parts.actors ?? [];
  const batchActors = parts.batchActors ?? [];
  checkActors(name, [...actors, ...batchActors]);
  const durables = [
    ...actors.map((one) => ({ stream: one.receives.stream, consumer: one.name })),
    ...batchActors.map((one) => ({ stream: one.receives[0]?.stream ?? 'ACTIONS', consumer: one.name })),
  ];
  checkRights(name, durables);
  metrics.consumers.lagFrom(() => pendingOf(bus, durables));
  metrics.streams.usageFrom(() => usageOf(bus, [...new Set(durables.map(({ stream }) => stream))], systemClock.now()));
  const checks: Check[] = [
    { name: 'nats', probe: async () => void (await bus.ping()) },
    { name: 'postgres', probe: async () => void (await database.ping()) },
    { name: 'consumers', probe: () => pendingOf(bus, durables).then(() => undefined) },
    ...(parts.checks ?? []),
  ];

  const stop = new AbortController();
  const abort = new AbortController();
  const deps: RunActorDeps = {
    bus,
    transport,
    observer: actorObserver(telemetry),
    clock: systemClock,
    streamReplicas: config.TECHNO_STREAM_REPLICAS,
    onProblem: (fields) => log.warn(fields, 'consumer.problem'),
  };
  const stopEndpoints = await serveRequests(bus, name, VERSION, parts.endpoints ?? []);
  const supervised = supervise(
    [
      ...actors.map((one): LongLived => ({ name: one.name, run: (signal) => runActor(one, deps, signal, abort.signal) })),
      ...batchActors.map((one): LongLived => ({ name: one.name, run: (signal) => runBatchActor(one, deps, signal) })),
      ...(parts.loops ?? []),
      { name: 'look-after-checks', run: (signal) => every(LOOK_MS, signal, () => probeAll(checks, metrics)) },
    ],
    stop.signal,
    log,
  );
  const readiness = { draining: false };
  const ops = await startOps({
    host: config.TECHNO_OPS_HOST,
    port: config.TECHNO_OPS_PORT,
    metrics,
    readiness,
    checks,
  });
  log.info({ version: VERSION, opsPort: ops.port, actors: durables.map(({ consumer }) => consumer) }, 'service.ready');

  const reason = await Promise.race([stopping, supervised.then(() => 'all parts ended')]);
  log.info({ reason, graceMs: config.TECHNO_GRACE_MS }, 'service.draining');
  readiness.draining = true;
  const grace = setTimeout(() => abort.abort(), config.TECHNO_GRACE_MS);
  try {
    await parts.stopIntake?.();
    await Promise.race([stopEndpoints(), aborted(abort.signal)]);
    stop.abort();
    await supervised;
  } finally {
    clearTimeout(grace);
    await ops.close();
  }
  log.info({ reason }, 'service.stopped');
}

/** What is not listed has no rights on the bus: said here, rather than by refused pulls. @throws StartupError ACTOR_NOT_LISTED */
function checkRights(service: ServiceName, durables: readonly { stream: StreamName; consumer: string }[]): void {
  const listed = new Set(durablesOf(service).map(({ stream, name }) => `${stream}/${name}`));
  const missing = durables.map(({ stream, consumer }) => `${stream}/${consumer}`).filter((durable) => !listed.has(durable));
  if (missing.length === 0) return;
  throw new StartupError(
    'ACTOR_NOT_LISTED',
    `${service} has no right to the consumer ${missing.join(', ')}`,
    'Add it to libs/contracts/src/durables.ts.',
  );
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Resolves with the first signal that asks the process to stop. Later ones change nothing: the drain is under way. */
function stopRequested(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
  });
}
