import type { Schedule } from '@techno/contracts';
import { assertNever, newSpanId, w3cTraceIdOf } from '@techno/kernel';
import type { Notice } from '../jobs/job.ts';
import type { ScheduleNotice } from './judge.ts';

/** The message to an owner: to those whom the schedule names, else to the contact that has the id of the owner's key. */
export function noticeOf(id: string, notice: ScheduleNotice, owner: string, schedule: Schedule): Notice {
  return {
    key: `schedule.${id}`,
    principal: owner,
    contextId: schedule.context_id,
    request: { recipients: schedule.notify ?? [owner], severity: 'high', text: textOf(notice, schedule) },
  };
}

/** For what belongs to a trace whose spans have ended. */
export function traceparentOf(traceId: string): string {
  return `00-${w3cTraceIdOf(traceId)}-${newSpanId()}-00`;
}

function textOf({ kind, schedule_id, trace_id, reason, failures }: ScheduleNotice, { name, action }: Schedule) {
  const where = `Schedule: ${schedule_id}\nRun: ${trace_id}\nReason: ${reason}`;
  switch (kind) {
    case 'denied':
      return {
        subject: `Denied: ${name}`.slice(0, 200),
        body:
          `The action '${action}' of the schedule '${name}' was denied.\n\n${where}\n\n` +
          'It goes on as scheduled, and each run is decided anew. You are told once, until a run completes again.',
      };
    case 'paused':
      return {
        subject: `Paused: ${name}`.slice(0, 200),
        body: `The schedule '${name}' was paused after ${failures} failed runs in a row.\n\n${where}\n\nNothing runs until it is resumed.`,
      };
    default:
      return assertNever(kind);
  }
}
