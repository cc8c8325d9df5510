import { MAX_CATCH_UP_OCCURRENCES, type Schedule } from '@techno/contracts';
import { SECOND, TerminalError } from '@techno/kernel';
import type { ScheduledWork, StoredSchedule } from '@techno/storage';
import { nextAfter, occurrencesAfter, timingOf } from '../timing/timing.ts';
import { fireAt, type Rules } from './plan.ts';

/** What is sent with every run. */
const MAX_PAYLOAD_BYTES = 256 * 1_024;
/** So many occurrences are looked at to know how close they come. */
const LOOKED_AT = 20;

/** Id of the schedule of a job of the system. */
export function jobScheduleId(jobName: string): string {
  return `job_${jobName}`;
}

/** What a stored schedule says about its occurrences. */
export function rulesOf({ id, work, countedFrom }: Pick<StoredSchedule, 'id' | 'work' | 'countedFrom'>): Rules {
  switch (work.kind) {
    case 'action': {
      const { overlap, catch_up_seconds, jitter_seconds } = work.schedule;
      return {
        id,
        timing: timingOf(work.schedule, countedFrom.getTime()),
        overlap,
        catchUpMs: catch_up_seconds * SECOND,
        jitterMs: jitter_seconds * SECOND,
      };
    }
    case 'job':
      // Its runs do the same done twice, and the newest does all that the ones before would have done.
      return {
        id,
        timing: { kind: 'interval', everyMs: work.everyMs, anchorMs: 0 },
        overlap: 'allow',
        catchUpMs: work.everyMs - 1,
        jitterMs: 0,
      };
  }
}

/** The first occurrence after that moment, and when it is to start. */
export function firstAfter(work: ScheduledWork, id: string, countedFrom: Date, afterMs: number) {
  const rules = rulesOf({ id, work, countedFrom });
  const nominalMs = nextAfter(rules.timing, afterMs);
  return nominalMs === undefined ? undefined : { nominalAt: new Date(nominalMs), fireAt: new Date(fireAt(rules, nominalMs)) };
}

/** Throws TerminalError SCHEDULE_INVALID where the schedule could not do what it says. */
export function ensureSound(schedule: Schedule, nowMs: number): void {
  const timing = timingOf(schedule, nowMs);
  const coming = occurrencesAfter(timing, nowMs, LOOKED_AT);
  const [first] = coming;
  if (first === undefined) throw invalid('it would never run: the date lies in the past, or nothing matches the pattern');
  const closest = Math.min(...coming.slice(1).map((at, index) => at - (coming[index] ?? 0)));
  if (schedule.jitter_seconds * SECOND > closest) {
    throw invalid(`jitter_seconds is longer than the ${closest / SECOND} seconds between two occurrences`);
  }
  const windowMs = schedule.catch_up_seconds * SECOND;
  if (closest * MAX_CATCH_UP_OCCURRENCES < windowMs) {
    const beyond = occurrencesAfter(timing, first, MAX_CATCH_UP_OCCURRENCES).at(-1);
    if (beyond !== undefined && beyond - first < windowMs) {
      throw invalid(`more than ${MAX_CATCH_UP_OCCURRENCES} occurrences fit into catch_up_seconds`);
    }
  }
  if (Buffer.byteLength(JSON.stringify(schedule.payload)) > MAX_PAYLOAD_BYTES) {
    throw invalid(`the payload is larger than ${MAX_PAYLOAD_BYTES} bytes; pass a URL to the data`);
  }
}

function invalid(message: string): TerminalError {
  return new TerminalError('SCHEDULE_INVALID', message);
}
