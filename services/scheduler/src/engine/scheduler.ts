import type { Actor, Transport } from '@techno/actor';
import type { Endpoint } from '@techno/jetstream';
import { type Clock, errorMessage, MINUTE, randomHex, SECOND } from '@techno/kernel';
import { actor, loop, type LongLived } from '@techno/service';
import {
  createJobEvents,
  createRunOutcomes,
  createScheduleRuns,
  createSchedules,
  type Database,
  type JobEvents,
  type Schedules,
} from '@techno/storage';
import type { Telemetry } from '@techno/telemetry';
import { advanceSchedules } from '../actors/advance-schedules.ts';
import { runJob } from '../actors/run-job.ts';
import type { Job } from '../jobs/job.ts';
import { reconciler } from '../loops/reconcile.ts';
import { trimmer } from '../loops/retention.ts';
import { runSweeper } from '../loops/sweep-runs.ts';
import { teller } from '../loops/tell.ts';
import { schedulerMetrics } from '../metrics.ts';
import { runRequests } from '../requests/runs.ts';
import { scheduleRequests } from '../requests/schedules.ts';
import { createAdvancer } from './advancer.ts';
import { createArmer } from './armer.ts';
import { createDriver, type Driver } from './driver.ts';
import { outcomeOfReply } from './endings.ts';
import { createRunMaker, type RunMaker, SYSTEM } from './make-run.ts';
import { createNotify } from './notify.ts';
import { firstAfter, jobScheduleId } from './read-schedule.ts';
import { createSettler } from './settler.ts';

/** What the engine needs of NATS besides publishing. */
export interface SchedulerBus {
  connected(): boolean;
  /** When the stream of the ticks was made: one that was wiped is another one. */
  streamCreated(): Promise<string>;
  /** Hears what is said to a subject of our own, until what it gives is called. */
  listen(subject: string, onReply: (type: string, body: unknown) => void): () => Promise<void>;
}

export interface SchedulerDeps {
  readonly bus: SchedulerBus;
  readonly transport: Transport;
  readonly database: Database;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly jobs: readonly Job[];
  readonly sweepAfterMs: number;
  readonly keptDays: number;
}

export interface Scheduler {
  readonly actors: readonly Actor<never>[];
  readonly endpoints: readonly Endpoint[];
  /** What the loops do each time. */
  readonly steps: Readonly<Record<'reconcile' | 'sweep' | 'tell', () => Promise<void>>>;
  readonly loops: readonly LongLived[];
  close(): Promise<void>;
}

/** The engine: schedules of users and jobs of the system on one clock. Any number of replicas; none of them leads. */
export async function createScheduler(deps: SchedulerDeps): Promise<Scheduler> {
  const { bus, transport, database, telemetry, clock, jobs, sweepAfterMs, keptDays } = deps;
  const { log, logEvents } = telemetry;
  const metrics = schedulerMetrics(telemetry.metrics);
  const onProblem = (fields: object) => log.warn(fields, 'scheduler.problem');
  const connected = () => bus.connected();
  const pausedUntil = () => database.unavailableUntil();

  const schedules = createSchedules(database);
  const runs = createScheduleRuns(database);
  const outcomes = createRunOutcomes(database);
  const events = createJobEvents(database);

  const replyTo = `scheduled.${randomHex(8)}`;
  const maker = createRunMaker({ tracer: telemetry.tracer, sweepAfterMs });
  const driver = createDriver({ transport, events, clock, replyTo, logEvents });
  const armer = createArmer({ schedules, transport, clock });
  const settler = createSettler({ outcomes, maker, driver, clock, metrics });
  const advancer = createAdvancer({ runs, maker, driver, armer, clock, metrics, onProblem });
  const notify = createNotify({ transport, clock });
  // Heard the moment an action ends; what is not heard is read from the record.
  const close = bus.listen(replyTo, (type, body) => {
    const outcome = outcomeOfReply(type, body);
    if (outcome !== undefined) {
      settler.settle(outcome).catch((error: unknown) => onProblem({ problem: `not settled: ${errorMessage(error)}` }));
    }
  });

  const reconcile = reconciler({ schedules, advancer, armer, clock, connected, streamCreated: () => bus.streamCreated() });
  const driven = telemetry.metrics.counter({
    name: 'scheduler_driven_total',
    help: 'Runs driven again past their time',
    labels: [],
  })({});
  const onDriven = (count: number) => driven.inc(count);
  const sweep = runSweeper({ outcomes, events, settler, driver, clock, sweepAfterMs, connected, onDriven });
  const tell = teller({ events, schedules, notify, transport, clock, connected, logEvents });

  await beginJobs(jobs, { schedules, events, maker, driver, clock });

  return {
    actors: [
      actor(advanceSchedules({ advancer, clock, pausedUntil })),
      actor(runJob({ jobs, events, settler, notify, clock, metrics, pausedUntil })),
    ],
    endpoints: [
      ...scheduleRequests({ schedules, armer, settler, clock, onProblem }),
      ...runRequests({ runs, events, maker, driver, settler, clock, metrics, keptDays }),
    ],
    steps: { reconcile, sweep, tell },
    loops: [
      loop('reconcile', 1 * SECOND, onProblem, reconcile),
      loop('sweep-runs', 1 * SECOND, onProblem, sweep),
      loop('tell', 1 * SECOND, onProblem, tell),
      loop('retention', 10 * MINUTE, onProblem, trimmer({ events, clock, keptDays })),
    ],
    close,
  };
}

/** Jobs of the system run once at start, and then by the clock. */
async function beginJobs(
  jobs: readonly Job[],
  {
    schedules,
    events,
    maker,
    driver,
    clock,
  }: { schedules: Schedules; events: JobEvents; maker: RunMaker; driver: Driver; clock: Clock },
): Promise<void> {
  const now = clock.now();
  const kept = jobs.flatMap(({ name, everyMs }) => {
    const id = jobScheduleId(name);
    const work = { kind: 'job' as const, everyMs };
    const next = firstAfter(work, id, new Date(now), now);
    return next === undefined ? [] : [{ id, owner: SYSTEM, work, next, now: new Date(now) }];
  });
  await schedules.keepJobs(kept);
  await driver.drive(await events.add(jobs.map(({ name }) => maker.ofStart(name, now))));
}
