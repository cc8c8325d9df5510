import { silentObserver } from '@techno/actor';
import type { DeadLetter, JobDue } from '@techno/contracts';
import {
  type Bus,
  connectBus,
  createTransport,
  ensureStreams,
  listenForReplies,
  runActor,
  storedMessages,
  streamCreated,
} from '@techno/jetstream';
import { systemClock } from '@techno/kernel';
import { createJobEvents, type Database, openDatabase } from '@techno/storage';
import { createTelemetry, type Telemetry } from '@techno/telemetry';
import { createDatabase, startNats, type TestDatabase, type TestNats, until } from '@techno/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createScheduler, type Scheduler } from '../engine/scheduler.ts';
import type { Job } from '../jobs/job.ts';

let nats: TestNats;
let test: TestDatabase;
let bus: Bus;
let database: Database;
let telemetry: Telemetry;
let scheduler: Scheduler;
let running: Promise<void>;
const stop = new AbortController();
const tries = { broken: 0, working: 0 };

const jobs: readonly Job[] = [
  {
    name: 'broken',
    everyMs: 3_600_000,
    run: () => Promise.reject(new Error(`no luck, try ${++tries.broken}`)),
  },
  {
    name: 'working',
    everyMs: 3_600_000,
    async run() {
      tries.working++;
      return { reminders: 2 };
    },
  },
];

beforeAll(async () => {
  [nats, test] = await Promise.all([startNats(), createDatabase()]);
  bus = await connectBus({ url: nats.url, name: 'test' });
  await ensureStreams(bus);
  database = await openDatabase({ url: test.url('scheduler'), applicationName: 'test' });
  telemetry = createTelemetry({ service: 'scheduler', version: 'test', logLevel: 'silent', traceRatio: 0 });
  const transport = createTransport(bus);
  scheduler = await createScheduler({
    bus: {
      connected: () => bus.connected(),
      streamCreated: () => streamCreated(bus, 'JOBS'),
      listen: (subject, onReply) => listenForReplies(bus, subject, onReply),
    },
    transport,
    database,
    telemetry,
    clock: systemClock,
    jobs,
    sweepAfterMs: 20_000,
    keptDays: 30,
  });
  const runJob = scheduler.actors.find(({ name }) => name === 'run-job');
  if (runJob === undefined) throw new Error('there is no such actor');
  const deps = { bus, transport, observer: silentObserver, clock: systemClock, streamReplicas: 1, onProblem() {} };
  running = runActor({ ...runJob, retryDelaysMs: [50, 50] }, deps, stop.signal, stop.signal);
});
afterAll(async () => {
  stop.abort();
  await running;
  await scheduler?.close();
  await Promise.all([bus?.close(), database?.close(), telemetry?.shutdown()]);
  await Promise.all([nats?.stop(), test?.drop()]);
});

const runOf = (jobName: string) =>
  until(async () => {
    const [run] = await createJobEvents(database).list({ jobName, limit: 1 });
    return run?.finishedAt === undefined ? undefined : run;
  });

it('a job runs once at start, and what it did is on record', async () => {
  expect(await runOf('working')).toMatchObject({
    status: 'completed',
    trigger: 'start',
    payload: { reminders: 2 },
    runtimeSeconds: expect.any(Number),
  });
  expect(tries.working).toBe(1);
});

it('one that throws is retried, then dead-lettered with its occurrence', async () => {
  const run = await runOf('broken');
  expect(run).toMatchObject({ status: 'dead_lettered', errorMessage: 'no luck, try 3' });
  expect(tries.broken).toBe(3);
  const [stored] = await until(async () => {
    const found = await storedMessages(bus, 'DEAD_LETTERS', 1);
    return found.length > 0 && found;
  });
  const letter = stored?.json() as DeadLetter;
  expect(letter).toMatchObject({ actor: 'run-job', subject: 'job.due.broken', attempts: 3, trace_id: run.traceId });
  expect(JSON.parse(letter.payload) as JobDue).toMatchObject({
    run_id: run.id,
    job_name: 'broken',
    nominal_at: run.scheduledAt.toISOString(),
  });
});
