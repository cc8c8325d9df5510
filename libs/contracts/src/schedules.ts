import { z } from 'zod';
import { recipient } from './notifications.ts';

const time = z.string();
const instant = z.iso.datetime({ offset: true });

/** What becomes of an occurrence while an earlier run of its schedule has not ended. */
export const OVERLAPS = ['skip', 'queue', 'allow'] as const;
export type Overlap = (typeof OVERLAPS)[number];

/** Past this many occurrences in one window nobody wants them all at once. */
export const MAX_CATCH_UP_OCCURRENCES = 1_000;
const MAX_CATCH_UP_SECONDS = 86_400;

/** An action that comes round, as its owner gives it. Exactly one of `interval_seconds`, `cron` and `at` says when. */
export const schedule = z
  .strictObject({
    name: z.string().min(1).max(200),
    interval_seconds: z
      .number()
      .int()
      .min(1)
      .max(31_536_000)
      .optional()
      .describe('Every so many seconds, whatever the clocks do'),
    cron: z
      .string()
      .min(9)
      .max(128)
      .optional()
      .describe('Five fields (minute hour day month weekday), or six with seconds first, by the clock of `time_zone`'),
    at: z
      .string()
      .max(35)
      .optional()
      .describe('Once: RFC 3339 (2026-11-05T09:00:00Z), or without an offset by the clock of `time_zone` (2026-11-05T09:00)'),
    time_zone: z.string().min(1).max(64).default('UTC').describe('IANA name, such as America/Sao_Paulo'),
    action: z.string().min(1).max(128),
    context_id: z.string().max(256),
    payload: z.record(z.string(), z.unknown()).default({}),
    starts_at: instant.optional().describe('Nothing happens before; an interval counts from here'),
    ends_at: instant.optional().describe('Nothing happens after'),
    overlap: z
      .enum(OVERLAPS)
      .default('skip')
      .describe('While an earlier run has not ended: skip the new one, queue it, or allow both'),
    catch_up_seconds: z
      .number()
      .int()
      .min(1)
      .max(MAX_CATCH_UP_SECONDS)
      .default(300)
      .describe(
        `An occurrence that is late by no more than this still runs, one after another; a later one is recorded as missed. At most ${MAX_CATCH_UP_OCCURRENCES} occurrences may fit in`,
      ),
    jitter_seconds: z.number().int().min(0).max(3_600).default(0).describe('Each occurrence starts up to this much later'),
    skipped_hour: z
      .enum(['run_after', 'skip'])
      .default('run_after')
      .describe(
        'When clocks go forward over an occurrence: run once right after, or not. When they go back, the first of the two hours counts',
      ),
    pause_after_failures: z.number().int().min(1).max(1_000).optional().describe('Failed or denied that often in a row: pause'),
    notify: z
      .array(recipient)
      .min(1)
      .max(10)
      .optional()
      .describe("Who is told when it is denied or paused; default: the contact whose id is the owner's key id"),
  })
  .check((context) => {
    const { interval_seconds, cron, at } = context.value;
    if ([interval_seconds, cron, at].filter((one) => one !== undefined).length !== 1)
      context.issues.push({
        code: 'custom',
        path: [],
        message: 'give exactly one of interval_seconds, cron and at',
        input: undefined,
      });
  });
export type Schedule = z.infer<typeof schedule>;

export const SCHEDULE_STATES = ['active', 'paused', 'ended'] as const;
export const scheduleState = z.enum(SCHEDULE_STATES);
export type ScheduleState = z.infer<typeof scheduleState>;

export const PAUSE_REASONS = ['asked', 'failures'] as const;
export type PauseReason = (typeof PAUSE_REASONS)[number];

/** Languages in which a schedule is put in words. */
export const SENTENCE_LOCALES = ['en', 'pt-BR'] as const;
export const sentenceLocale = z.enum(SENTENCE_LOCALES);
export type SentenceLocale = z.infer<typeof sentenceLocale>;

export const scheduleView = z.object({
  ...schedule.shape,
  id: z.string(),
  owner: z.string().describe('The key on whose behalf it acts'),
  state: scheduleState,
  paused_by: z.enum(PAUSE_REASONS).optional(),
  sentence: z.string().describe('When it runs, in words'),
  next_at: time.optional(),
  failures: z.number().int().describe('Runs in a row that failed or were denied'),
  created_at: time,
  updated_at: time,
});
export type ScheduleView = z.infer<typeof scheduleView>;

export const RUN_STATUSES = [
  'waiting',
  'running',
  'completed',
  'failed',
  'denied',
  'unknown',
  'dead_lettered',
  'skipped',
  'missed',
] as const;
export const runStatus = z.enum(RUN_STATUSES);
/** `skipped`: by the overlap rule or because its schedule was deleted. `missed`: later than the catch-up window. */
export type RunStatus = z.infer<typeof runStatus>;

export const RUN_TRIGGERS = ['tick', 'start', 'manual', 'backfill'] as const;
export type RunTrigger = (typeof RUN_TRIGGERS)[number];

/** One occurrence and what became of it: a row of `worker_job_events`. */
export const runView = z.object({
  id: z.string(),
  job_name: z.string(),
  schedule_id: z.string().optional(),
  status: runStatus,
  trigger: z.enum(RUN_TRIGGERS),
  reason: z.string().optional().describe('Why it was skipped, missed or denied, or how it failed'),
  scheduled_at: time.describe('When it was due'),
  started_at: time.optional(),
  finished_at: time.optional(),
  runtime_seconds: z.number().optional(),
  payload: z.unknown().optional(),
  error_message: z.string().optional(),
  trace_id: z.string(),
});
export type RunView = z.infer<typeof runView>;

export const occurrencesView = z.object({
  sentence: z.string(),
  time_zone: z.string(),
  occurrences: z.array(z.object({ at: time.describe('UTC'), local: z.string().describe('By the clock of the time zone') })),
});
export type OccurrencesView = z.infer<typeof occurrencesView>;
