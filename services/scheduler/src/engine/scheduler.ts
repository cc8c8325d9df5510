import type { Actor, Transport } from '@techno/actor';
import { listenForReplies, type Bus, type Endpoint, streamCreated } from '@techno/jetstream';
import { type Clock, errorMessage, randomHex } from '@techno/kernel';
import { actor, type LongLived } from '@techno/service';
import { createJobEvents, createRunOutcomes, createScheduleRuns, createSchedules, type Database } from '@techno/storage';
import type { Telemetry } from '@techno/telemetry';
import { advanceSchedules } from '../actors/advance-schedules.ts';
import { runJob } from '../actors/run-job.ts';
import type { Job } from '../jobs/job.ts';
import { reconcile } from '../loops/reconcile.ts';
import { retention } from '../loops/retention.ts';
import { sweepRuns } from '../loops/sweep-runs.ts';
import { tell } from '../loops/tell.ts';
import { schedulerMetrics } from '../metrics.ts';
import { runRequests } from '../requests/runs.ts';
import { scheduleRequests } from '../requests/schedules.ts';
import { createAdvancer } from './advancer.ts';
import { createArmer } from './armer.ts';
import { createDriver } from './driver.ts';
import { outcomeOfReply } from './endings.ts';
import { createRunMaker, SYSTEM } from './make-run.ts';
import { createNotify } from './notify.ts';
import { firstAfter, jobScheduleId } from './read-schedule.ts';
import { createSettler } from './settler.ts';

export interface SchedulerDeps {
  readonly bus: Bus;
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
  const close = listenForReplies(bus, replyTo, (type, body) => {
    const outcome = outcomeOfReply(type, body);
    if (outcome !== undefined) {
      settler.settle(outcome).catch((error: unknown) => onProblem({ problem: `not settled: ${errorMessage(error)}` }));
    }
  });

  const now = clock.now();
  await schedules.keepJobs(
    jobs.flatMap(({ name, everyMs }) => {
      const id = jobScheduleId(name);
      const work = { kind: 'job' as const, everyMs };
      const next = firstAfter(work, id, new Date(now), now);
      return next === undefined ? [] : [{ id, owner: SYSTEM, work, next, now: new Date(now) }];
    }),
  );
  // Once at start, and then by the clock.
  await driver.drive(await events.add(jobs.map(({ name }) => maker.ofStart(name, now))));

  const driven = telemetry.metrics.counter({
    name: 'scheduler_driven_total',
    help: 'Runs driven again past their time',
    labels: [],
  })({});
  return {
    actors: [
      actor(advanceSchedules({ advancer, clock, pausedUntil })),
      actor(runJob({ jobs, events, settler, notify, clock, metrics, pausedUntil })),
    ],
    endpoints: [
      ...scheduleRequests({ schedules, armer, settler, clock, onProblem }),
      ...runRequests({ runs, events, maker, driver, settler, clock, metrics, keptDays }),
    ],
    loops: [
      reconcile({
        schedules,
        advancer,
        armer,
        clock,
        connected,
        streamCreated: () => streamCreated(bus, 'JOBS'),
        onProblem,
      }),
      sweepRuns({
        outcomes,
        events,
        settler,
        driver,
        clock,
        sweepAfterMs,
        connected,
        onDriven: (count) => driven.inc(count),
        onProblem,
      }),
      tell({ events, schedules, notify, transport, clock, connected, logEvents, onProblem }),
      retention({ events, clock, keptDays, onProblem }),
    ],
    close,
  };
}
