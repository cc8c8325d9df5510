import { DAY, SECOND } from '@techno/kernel';

export type StreamName = 'ACTIONS' | 'NOTIFICATIONS' | 'JOBS' | 'DEAD_LETTERS' | 'ADVISORIES';

export interface StreamSpec {
  readonly name: StreamName;
  readonly subjects: readonly string[];
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** `old`: the oldest make room (the sweeper re-drives what was not done). `new`: publishing is refused, so nothing stored is lost. */
  readonly discard: 'old' | 'new';
  readonly duplicateWindowMs: number;
  /** Retries are message schedules, whose subjects must be of the same stream. */
  readonly schedules: boolean;
}

const MIB = 1024 * 1024;

/**
 * Every stream. Retention is by limits: inspection and replay read what was already consumed.
 * ACTIONS discards the oldest because Postgres is the record: a full stream must not refuse new work while
 * everything in it has long been done. The duplicate window only spares work: exactly-once is a unique key in Postgres.
 */
export const STREAMS: readonly StreamSpec[] = [
  {
    name: 'ACTIONS',
    subjects: ['action.>', 'retry.ACTIONS.>', 'schedule.ACTIONS.>'],
    maxBytes: 2048 * MIB,
    maxAgeMs: 3 * DAY,
    discard: 'old',
    duplicateWindowMs: 30 * SECOND,
    schedules: true,
  },
  {
    name: 'NOTIFICATIONS',
    subjects: ['notification.>', 'retry.NOTIFICATIONS.>', 'schedule.NOTIFICATIONS.>'],
    maxBytes: 512 * MIB,
    maxAgeMs: 3 * DAY,
    discard: 'old',
    duplicateWindowMs: 30 * SECOND,
    schedules: true,
  },
  {
    name: 'JOBS',
    subjects: ['job.>', 'retry.JOBS.>', 'schedule.JOBS.>'],
    maxBytes: 512 * MIB,
    maxAgeMs: 3 * DAY,
    discard: 'old',
    duplicateWindowMs: 30 * SECOND,
    schedules: true,
  },
  {
    name: 'DEAD_LETTERS',
    subjects: ['dead_letter.>', 'dlq.>', 'retry.DEAD_LETTERS.>', 'schedule.DEAD_LETTERS.>'],
    maxBytes: 1024 * MIB,
    maxAgeMs: 90 * DAY,
    discard: 'old',
    duplicateWindowMs: 120 * SECOND,
    schedules: true,
  },
  {
    name: 'ADVISORIES',
    subjects: [
      '$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>',
      '$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>',
      'retry.ADVISORIES.>',
      'schedule.ADVISORIES.>',
    ],
    maxBytes: 256 * MIB,
    maxAgeMs: 30 * DAY,
    discard: 'old',
    duplicateWindowMs: 120 * SECOND,
    schedules: true,
  },
];

/** Where an actor's own retries arrive: only its consumer filters on this. */
export function retrySubject(stream: StreamName, actor: string): string {
  return `retry.${stream}.${actor}`;
}

/** Where one waiting retry is kept until it is due. No consumer covers it. */
export function scheduleSubject(stream: StreamName, actor: string, id: string): string {
  return `schedule.${stream}.${actor}.${id}`;
}
