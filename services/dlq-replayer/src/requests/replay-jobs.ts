import { createReplayJob, findReplayJob, listReplayJobs, type ReplayJobStatus, steerReplayJob } from '@techno/contracts';
import { type Endpoint, endpoint } from '@techno/jetstream';
import { newId, newW3cTraceId, TerminalError, traceIdFrom } from '@techno/kernel';
import type { DeadLetters, ReplayJob, ReplayJobs } from '@techno/storage';
import { jobView } from '../views.ts';

export interface ReplayJobRequestDeps {
  readonly deadLetters: DeadLetters;
  readonly jobs: ReplayJobs;
  readonly now: () => number;
}

/** From where a job can be brought to each status. */
const STEERABLE: Readonly<Record<'paused' | 'running' | 'cancelled', readonly ReplayJobStatus[]>> = {
  paused: ['running'],
  running: ['paused'],
  cancelled: ['running', 'paused'],
};

/** Bulk replays: counted, made, looked at, paused, resumed, cancelled. */
export function replayJobRequests({ deadLetters, jobs, now }: ReplayJobRequestDeps): Endpoint[] {
  async function known(id: string): Promise<ReplayJob> {
    const job = await jobs.find(id);
    if (job === undefined) throw new TerminalError('REPLAY_JOB_UNKNOWN', `there is no replay job '${id}'`);
    return job;
  }

  return [
    endpoint(createReplayJob, async ({ by, filter, rate_per_second, dry_run }) => {
      // Poison is never replayed in bulk.
      const covered = { ...filter, quarantined: false };
      const byActor = await deadLetters.countByActor(covered);
      const count = byActor.reduce((sum, one) => sum + one.count, 0);
      if (dry_run || count === 0) return { count, by_actor: byActor, jobs: [] };
      const made = byActor.map(({ actor, count: total }) => ({
        id: newId('rj', now()),
        actor,
        filter: covered,
        ratePerSecond: rate_per_second,
        total,
        traceId: traceIdFrom(newW3cTraceId(now())),
        createdBy: by,
      }));
      if (!(await jobs.create(made))) {
        const actors = byActor.map(({ actor }) => actor).join(', ');
        throw new TerminalError('REPLAY_JOB_ACTIVE', `a bulk replay of one of these actors is running or paused: ${actors}`);
      }
      return { count, by_actor: byActor, jobs: await Promise.all(made.map(async ({ id }) => jobView(await known(id)))) };
    }),

    endpoint(listReplayJobs, async ({ limit }) => ({ jobs: (await jobs.list(limit)).map(jobView) })),

    endpoint(findReplayJob, async ({ id }) => jobView(await known(id))),

    endpoint(steerReplayJob, async ({ by, id, to }) => {
      const steered = await jobs.steer(id, STEERABLE[to], to, by);
      if (steered !== undefined) return jobView(steered);
      const { status } = await known(id);
      throw new TerminalError('REPLAY_JOB_STATE', `the replay job is ${status}`);
    }),
  ];
}
