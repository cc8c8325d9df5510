import { type RunTrigger, USER_SCHEDULE_JOB } from '@techno/contracts';
import { assertNever, MINUTE, newId, rfc3339 } from '@techno/kernel';
import type { NewRun, StoredSchedule } from '@techno/storage';
import type { Tracer } from '@techno/telemetry';
import { jobScheduleId } from './read-schedule.ts';
import type { Planned, Verdict } from './plan.ts';

/** A run of a job is given this long before it is asked for again; its actor tries it again by itself. */
const JOB_DRIVE_MS = 2 * MINUTE;

export interface RunMaker {
  /** The run of an occurrence. Its name is the schedule and the nominal time: the same for every replica. */
  ofOccurrence(schedule: StoredSchedule, planned: Planned, trigger: RunTrigger, nowMs: number): NewRun;
  /** A run that was asked for now, under a name of its own. */
  ofRequest(schedule: StoredSchedule, verdict: Verdict, nowMs: number): NewRun;
  /** A run of a job of the system because a process starts. Those that start together ask for one. */
  ofStart(jobName: string, nowMs: number): NewRun;
  /** When a run that begins now is driven again, unless it has ended. */
  driveAt(kind: 'action' | 'job', nowMs: number): Date;
}

/** Processes of one rollout start within this. */
const START_TOGETHER_MS = 5_000;

export function createRunMaker({ tracer, sweepAfterMs }: { tracer: Tracer; sweepAfterMs: number }): RunMaker {
  const driveAt = (kind: 'action' | 'job', nowMs: number) => new Date(nowMs + (kind === 'job' ? JOB_DRIVE_MS : sweepAfterMs));

  function make(schedule: StoredSchedule, verdict: Verdict, nowMs: number, named: Named): NewRun {
    const { kind } = schedule.work;
    const span = tracer.startRoot('schedule occurrence', 'internal', () => ({ 'techno.schedule': schedule.id }));
    span.end();
    const base = {
      id: newId('run', nowMs),
      jobName: schedule.work.kind === 'job' ? jobNameOf(schedule.id) : USER_SCHEDULE_JOB,
      scheduleId: schedule.id,
      owner: schedule.owner,
      traceId: span.traceId,
      traceparent: span.traceparent,
      ...named,
    };
    switch (verdict.status) {
      case 'running':
        return {
          ...base,
          status: 'running',
          // A job of the system begins where its message arrives.
          startedAt: kind === 'action' ? new Date(nowMs) : undefined,
          payload: requestOf(schedule),
          driveAt: driveAt(kind, nowMs),
          told: true,
        };
      case 'waiting':
        return { ...base, status: 'waiting', payload: requestOf(schedule), told: true };
      case 'skipped':
      case 'missed':
        return { ...base, status: verdict.status, reason: verdict.reason, finishedAt: new Date(nowMs), told: false };
      default:
        return assertNever(verdict);
    }
  }

  return {
    ofOccurrence(schedule, { nominalMs, many, ...verdict }, trigger, nowMs) {
      const name = `${schedule.id}@${rfc3339(nominalMs)}`;
      const named = { trigger, scheduledAt: new Date(nominalMs), occurrence: name };
      if (many === undefined) return make(schedule, verdict, nowMs, named);
      const until = rfc3339(many.untilMs);
      const payload = { occurrences: many.count, until, ...(many.counted ? {} : { at_least: true }) };
      return { ...make(schedule, verdict, nowMs, { ...named, occurrence: `${name}/${until}` }), payload };
    },
    ofRequest: (schedule, verdict, nowMs) =>
      make(schedule, verdict, nowMs, {
        trigger: 'manual',
        scheduledAt: new Date(nowMs),
        occurrence: `${schedule.id}!${newId('ask', nowMs)}`,
      }),
    ofStart(jobName, nowMs) {
      const together = Math.floor(nowMs / START_TOGETHER_MS) * START_TOGETHER_MS;
      const span = tracer.startRoot('job start', 'internal');
      span.end();
      return {
        id: newId('run', nowMs),
        jobName,
        scheduleId: jobScheduleId(jobName),
        owner: SYSTEM,
        occurrence: `${jobScheduleId(jobName)}!start@${rfc3339(together)}`,
        trigger: 'start',
        status: 'running',
        scheduledAt: new Date(nowMs),
        traceId: span.traceId,
        traceparent: span.traceparent,
        driveAt: driveAt('job', nowMs),
        told: true,
      };
    },
    driveAt,
  };
}

/** Who owns the jobs of the system. */
export const SYSTEM = 'system';

type Named = Pick<NewRun, 'trigger' | 'scheduledAt' | 'occurrence'>;

function jobNameOf(scheduleId: string): string {
  return scheduleId.slice(jobScheduleId('').length);
}

/** What the run asks for, as it is now: a run that is driven again asks for the same, whatever became of its schedule. */
function requestOf({ work }: StoredSchedule): unknown {
  if (work.kind === 'job') return undefined;
  const { action, context_id, payload } = work.schedule;
  return { action, context_id, payload };
}
