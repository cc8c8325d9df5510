import type { HandlerContext, Outgoing, Transport } from '@techno/actor';
import {
  type ActionRequested,
  createSchedule,
  deleteSchedule,
  listRuns,
  listSchedules,
  type RequestContract,
  type RunStatus,
  schedule as scheduleSchema,
  type ScheduleView,
} from '@techno/contracts';
import { type Clock, MINUTE, TemporaryError } from '@techno/kernel';
import { createAuditTrail, createJobEvents, openDatabase, type StoredRun } from '@techno/storage';
import { createTelemetry } from '@techno/telemetry';
import { createDatabase, until } from '@techno/testkit';
import { createScheduler, type Scheduler } from '../engine/scheduler.ts';
import type { Job } from '../jobs/job.ts';

/** A clock that stands still until it is moved. */
export interface TestClock extends Clock {
  advance(ms: number): void;
}

/** What NATS holds, and whether it is there. */
export interface FakeNats {
  up: boolean;
  /** Changes when the store is wiped. */
  created: string;
  readonly published: Outgoing[];
  /** The tick that waits under each key. */
  readonly ticks: Map<string, { message: Outgoing; atMs: number }>;
  wipe(): void;
}

export interface World {
  readonly clock: TestClock;
  readonly nats: FakeNats;
  readonly replicas: readonly Scheduler[];
  create(given: object, owner?: string): Promise<ScheduleView>;
  ask<Input, Output>(contract: RequestContract<Input, Output>, input: unknown): Promise<Output>;
  /** Fires every tick that is due, at every replica at once, and again as long as that makes others due. */
  fire(): Promise<void>;
  /** What the loops of every replica do, once. */
  sweep(): Promise<void>;
  /** Moves the clock, then fires and sweeps. */
  pass(ms: number): Promise<void>;
  /** Requests for actions published so far, each once however often it was driven. */
  requested(): ActionRequested[];
  /** The executor's or the gates' word on how that action ended. */
  end(traceId: string, status: 'completed' | 'failed' | 'denied'): Promise<void>;
  /** What the auditor writes of an action, where nobody was told how it ended. */
  recordAction(traceId: string, status: 'COMPLETED' | 'FAILED'): Promise<void>;
  runs(scheduleId: string): Promise<StoredRun[]>;
  /** `+1 running`: minutes after the schedule was made, in the order in which they were due. */
  told(scheduleId: string): Promise<string[]>;
  /** Nothing scheduled, running or published any more, at the next whole minute. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export const START = Date.parse('2026-11-02T12:00:00Z');
export const OWNER = 'key_owner';

const DEFAULTS = { name: 'test', action: 'echo', context_id: 'default', payload: { hello: 'world' } };

/** Replicas of the scheduler in this process over one real database and one NATS that does as it is told. */
export async function createWorld({ replicas = 3, jobs = [] as readonly Job[] } = {}): Promise<World> {
  let nowMs = START;
  const clock: TestClock = { now: () => nowMs, advance: (ms) => void (nowMs += ms) };
  const test = await createDatabase();
  const listeners = new Map<string, (type: string, body: unknown) => void>();
  const nats: FakeNats = {
    up: true,
    created: 'first',
    published: [],
    ticks: new Map(),
    wipe() {
      nats.ticks.clear();
      nats.created = `${nats.created}+`;
    },
  };
  const ensureUp = () => {
    if (!nats.up) throw new TemporaryError('NATS_UNAVAILABLE', 'away', { spendsAttempt: false });
  };
  const transport: Transport = {
    async publish(message) {
      ensureUp();
      if (!nats.published.some(({ id }) => id === message.id)) nats.published.push(message);
    },
    async schedule(message, delayMs, key) {
      ensureUp();
      nats.ticks.set(key, { message, atMs: clock.now() + delayMs });
    },
    reply() {},
  };
  const started = await Promise.all(
    Array.from({ length: replicas }, async () => {
      const database = await openDatabase({ url: test.url('scheduler'), applicationName: 'scheduler-test', poolSize: 4 });
      const telemetry = createTelemetry({ service: 'scheduler', version: 'test', logLevel: 'silent', traceRatio: 0 });
      const scheduler = await createScheduler({
        bus: {
          connected: () => nats.up,
          streamCreated: async () => nats.created,
          listen(subject, onReply) {
            listeners.set(subject, onReply);
            return async () => {};
          },
        },
        transport,
        database,
        telemetry,
        clock,
        jobs,
        sweepAfterMs: 20_000,
        keptDays: 30,
      });
      return { database, telemetry, scheduler };
    }),
  );
  const schedulers = started.map(({ scheduler }) => scheduler);

  async function fire(): Promise<void> {
    for (;;) {
      const due = [...nats.ticks].filter(([, { atMs }]) => atMs <= clock.now());
      if (!nats.up || due.length === 0) return;
      for (const [key] of due) nats.ticks.delete(key);
      const tick = schedulers.map(({ actors }) => actors.find(({ name }) => name === 'advance-schedules'));
      await Promise.all(
        due.flatMap(([, { message }]) =>
          tick.map(async (one) =>
            one?.handle(JSON.parse(message.data) as never, { signal: new AbortController().signal } as HandlerContext),
          ),
        ),
      );
    }
  }

  async function sweep(): Promise<void> {
    for (const step of ['reconcile', 'sweep', 'tell'] as const) await Promise.all(schedulers.map(({ steps }) => steps[step]()));
  }

  const ask: World['ask'] = async (contract, input) => {
    const found = schedulers[0]?.endpoints.find((one) => one.contract === (contract as never));
    if (found === undefined) throw new Error(`nobody answers ${contract.name}`);
    return (await found.answer(contract.input.parse(input))) as never;
  };

  const requested = () => {
    const bodies = nats.published
      .filter(({ subject }) => subject === 'action.requested.schedule')
      .map(({ data }) => JSON.parse(data) as ActionRequested);
    return [...new Map(bodies.map((body) => [body.trace_id, body])).values()];
  };

  const madeAt = new Map<string, number>();
  const record = () => {
    const [first] = started;
    if (first === undefined) throw new Error('there is no replica');
    return createJobEvents(first.database);
  };

  const world: World = {
    clock,
    nats,
    replicas: schedulers,
    async create(given, owner = OWNER) {
      const made = await ask(createSchedule, { owner, schedule: scheduleSchema.parse({ ...DEFAULTS, ...given }) });
      madeAt.set(made.id, clock.now());
      return made;
    },
    ask,
    fire,
    sweep,
    async pass(ms) {
      clock.advance(ms);
      await fire();
      await sweep();
    },
    requested,
    async end(traceId, status) {
      const at = new Date(clock.now()).toISOString();
      const bodies = {
        completed: { trace_id: traceId, finished_at: at },
        failed: { trace_id: traceId, finished_at: at, status: 'FAILED', error: { code: 'UPSTREAM_STATUS', message: 'no' } },
        denied: { trace_id: traceId, decision: { decided_at: at }, reason_codes: ['ACTION_NOT_AUTHORIZED'], message: 'no' },
      };
      // Heard by the replica that asked; here all of them hear it.
      for (const listener of listeners.values()) listener(`action.${status}`, bodies[status]);
      await until(async () =>
        (await record().list({ limit: 1_000 })).some((run) => run.traceId === traceId && run.status !== 'running'),
      );
    },
    async recordAction(traceId, status) {
      const auditor = await openDatabase({ url: test.url('auditor'), applicationName: 'test-auditor', poolSize: 1 });
      const finishedAt = new Date(clock.now()).toISOString();
      const error = { code: 'UPSTREAM_STATUS', message: 'from the record' };
      const patch = { traceId, status, replay: 0, finishedAt, ...(status === 'FAILED' ? { error } : {}) };
      await createAuditTrail(auditor, () => clock.now()).append([], [patch]);
      await auditor.close();
    },
    async runs(scheduleId) {
      const found = await record().list({ scheduleId, limit: 1_000 });
      return found.toSorted((a, b) => a.scheduledAt.getTime() - b.scheduledAt.getTime());
    },
    async told(scheduleId) {
      const made = madeAt.get(scheduleId) ?? START;
      return (await world.runs(scheduleId)).map(
        ({ scheduledAt, status }) => `+${Math.floor((scheduledAt.getTime() - made) / MINUTE)} ${status satisfies RunStatus}`,
      );
    },
    async clear() {
      const { schedules } = await ask(listSchedules, { limit: 200 });
      for (const { id } of schedules) await ask(deleteSchedule, { id });
      for (const { trace_id } of (await ask(listRuns, { status: 'running', limit: 200 })).runs)
        await world.end(trace_id, 'completed');
      await sweep();
      nats.up = true;
      nats.ticks.clear();
      nats.published.length = 0;
      clock.advance(MINUTE - (clock.now() % MINUTE));
    },
    async close() {
      await Promise.all(
        started.map(async ({ scheduler, database, telemetry }) => {
          await scheduler.close();
          await database.close();
          await telemetry.shutdown();
        }),
      );
      await test.drop();
    },
  };
  return world;
}
