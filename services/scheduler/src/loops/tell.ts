import { envelope, type Transport } from '@techno/actor';
import { type CanonicalEvent, eventsOf, type JobFinished, jobFinished } from '@techno/contracts';
import { type Clock, rfc3339 } from '@techno/kernel';
import type { JobEvents, Schedules, StoredRun } from '@techno/storage';
import { noticeOf, traceparentOf } from '../engine/notices.ts';
import type { ScheduleNotice } from '../engine/judge.ts';
import type { Notify } from '../engine/notify.ts';

export interface TellDeps {
  readonly events: Pick<JobEvents, 'untold' | 'told' | 'notices' | 'noticed'>;
  readonly schedules: Pick<Schedules, 'find'>;
  readonly notify: Notify;
  readonly transport: Pick<Transport, 'publish'>;
  readonly clock: Clock;
  readonly connected: () => boolean;
  readonly logEvents: (events: readonly CanonicalEvent[]) => void;
}

const AT_ONCE = 500;

/** Tells the trail of runs and owners of denials, from what was committed with them. Told twice, each is heard once: ids stay the same. */
export function teller(deps: TellDeps): () => Promise<void> {
  return async () => {
    if (!deps.connected()) return;
    await tellOwners(deps);
    while (await tellTrail(deps));
  };
}

async function tellTrail({ events, transport, clock, logEvents }: TellDeps): Promise<boolean> {
  const ended = await events.untold(AT_ONCE);
  const [first] = ended;
  if (first === undefined) return false;
  const body: JobFinished = { runs: ended.map(newsOf) };
  await transport.publish(
    envelope(jobFinished, body, {
      causeId: `runs.${first.id}.${first.status}.${ended.at(-1)?.id}`,
      source: 'scheduler',
      traceparent: first.traceparent,
      now: rfc3339(clock.now()),
    }),
  );
  logEvents(eventsOf['job.finished'](body));
  await events.told(ended.map(({ id }) => id));
  return ended.length === AT_ONCE;
}

function newsOf(run: StoredRun): JobFinished['runs'][number] {
  return {
    run_id: run.id,
    trace_id: run.traceId,
    job_name: run.jobName,
    schedule_id: run.scheduleId,
    status: run.status,
    reason: run.reason,
    trigger: run.trigger,
    scheduled_at: rfc3339(run.scheduledAt.getTime()),
    at: rfc3339((run.finishedAt ?? run.scheduledAt).getTime()),
    runtime_seconds: run.runtimeSeconds,
  };
}

async function tellOwners({ events, schedules, notify }: TellDeps): Promise<void> {
  const notices = await events.notices(AT_ONCE);
  for (const { id, body } of notices) {
    const notice = body as ScheduleNotice;
    const schedule = await schedules.find(notice.schedule_id);
    // Whose schedule is gone need not be told of it.
    if (schedule !== undefined && schedule.work.kind === 'action') {
      await notify([noticeOf(id, notice, schedule.owner, schedule.work.schedule)], {
        traceId: notice.trace_id,
        traceparent: traceparentOf(notice.trace_id),
      });
    }
    await events.noticed([id]);
  }
}
