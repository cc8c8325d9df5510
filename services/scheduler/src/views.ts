import type { OccurrencesView, RunView, Schedule, ScheduleView, SentenceLocale } from '@techno/contracts';
import { rfc3339 } from '@techno/kernel';
import type { StoredRun, StoredSchedule } from '@techno/storage';
import { occurrencesAfter, timingOf } from './timing/timing.ts';
import { localTime, sentenceOf } from './timing/words.ts';

const timeOf = (date: Date | undefined) => (date === undefined ? undefined : rfc3339(date.getTime()));

/** A schedule of a user, as it is shown. */
export function scheduleViewOf(stored: StoredSchedule, schedule: Schedule, locale: SentenceLocale, nowMs: number): ScheduleView {
  const { id, owner, state, pausedBy, next, failures, countedFrom, createdAt, updatedAt } = stored;
  return {
    ...schedule,
    id,
    owner,
    state,
    paused_by: pausedBy,
    sentence: sentenceOf(timingOf(schedule, countedFrom.getTime()), schedule.time_zone, locale, nowMs),
    next_at: timeOf(next?.nominalAt),
    failures,
    created_at: rfc3339(createdAt.getTime()),
    updated_at: rfc3339(updatedAt.getTime()),
  };
}

/** The occurrences after a moment, by UTC and by the clock of the schedule's zone. */
export function occurrencesViewOf(
  schedule: Schedule,
  countedFromMs: number,
  { fromMs, count, locale }: { fromMs: number; count: number; locale: SentenceLocale },
): OccurrencesView {
  const timing = timingOf(schedule, countedFromMs);
  const zone = schedule.time_zone;
  return {
    sentence: sentenceOf(timing, zone, locale, fromMs),
    time_zone: zone,
    occurrences: occurrencesAfter(timing, fromMs, count).map((at) => ({ at: rfc3339(at), local: localTime(zone, at) })),
  };
}

export function runViewOf(run: StoredRun): RunView {
  return {
    id: run.id,
    job_name: run.jobName,
    schedule_id: run.scheduleId,
    status: run.status,
    trigger: run.trigger,
    reason: run.reason,
    scheduled_at: rfc3339(run.scheduledAt.getTime()),
    started_at: timeOf(run.startedAt),
    finished_at: timeOf(run.finishedAt),
    runtime_seconds: run.runtimeSeconds,
    payload: run.payload,
    error_message: run.errorMessage,
    trace_id: run.traceId,
  };
}
