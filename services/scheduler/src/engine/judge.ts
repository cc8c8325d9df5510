import type { Consequence, StoredRun, StoredSchedule } from '@techno/storage';

/** What an owner is told, and where. */
export interface ScheduleNotice {
  readonly kind: 'denied' | 'paused';
  readonly schedule_id: string;
  readonly trace_id: string;
  /** The reason codes of the gates, or the code of the last failure. */
  readonly reason: string;
  readonly failures: number;
}

/**
 * What the end of runs means for their schedule: failures are counted in a row, a denial is told to the owner once until a run
 * completes again, and a schedule is paused where it says so.
 */
export function judge(schedule: StoredSchedule, ended: readonly StoredRun[]): Consequence {
  const { id, work } = schedule;
  let { failures, denied } = schedule;
  let pause = false;
  const notices: { id: string; body: ScheduleNotice }[] = [];
  if (work.kind === 'job') return { failures, denied, pause, notices };
  const limit = work.schedule.pause_after_failures;
  const notice = (kind: ScheduleNotice['kind'], run: StoredRun) =>
    notices.push({
      id: `${id}.${kind}.${run.id}`,
      body: { kind, schedule_id: id, trace_id: run.traceId, reason: run.reason ?? run.status, failures },
    });
  for (const run of ended) {
    if (run.status === 'completed') {
      failures = 0;
      denied = false;
      continue;
    }
    failures++;
    if (run.status === 'denied' && !denied) {
      denied = true;
      notice('denied', run);
    }
    if (limit !== undefined && failures >= limit && schedule.state === 'active' && !pause) {
      pause = true;
      notice('paused', run);
    }
  }
  return { failures, denied, pause, notices };
}
