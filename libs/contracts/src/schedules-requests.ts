import { z } from 'zod';
import { defineRequest } from './request.ts';
import { occurrencesView, runStatus, runView, schedule, scheduleState, scheduleView, sentenceLocale } from './schedules.ts';

const instant = z.iso.datetime({ offset: true });

/** `owner`, where it is given, limits a request to that principal's schedules: those of others are unknown to it. */
const one = { id: z.string(), owner: z.string().optional() };
const locale = sentenceLocale.default('en');

/** Throws SCHEDULE_INVALID for an unknown zone, a pattern that never comes round, a window that holds too many. */
export const createSchedule = defineRequest({
  service: 'scheduler',
  name: 'schedule.create',
  input: z.object({ owner: z.string(), schedule }),
  output: scheduleView,
});

/** By its owner alone: it acts in that name. Occurrences are counted anew from now. Throws what `createSchedule` throws, SCHEDULE_UNKNOWN. */
export const replaceSchedule = defineRequest({
  service: 'scheduler',
  name: 'schedule.replace',
  input: z.object({ id: z.string(), owner: z.string(), schedule }),
  output: scheduleView,
});

export const findSchedule = defineRequest({
  service: 'scheduler',
  name: 'schedule.find',
  input: z.object({ ...one, locale }),
  output: scheduleView,
});

export const listSchedules = defineRequest({
  service: 'scheduler',
  name: 'schedule.list',
  input: z.object({
    owner: z.string().optional(),
    state: scheduleState.optional(),
    before: z.string().optional(),
    limit: z.number().int().min(1).max(200),
    locale,
  }),
  output: z.object({ schedules: z.array(scheduleView), next: z.string().optional() }),
});

/** What runs goes on; what waits is skipped. */
export const deleteSchedule = defineRequest({
  service: 'scheduler',
  name: 'schedule.delete',
  input: z.object(one),
  output: z.object({ deleted: z.boolean() }),
});

/** Nothing runs while it is paused, and nothing of that time is caught up. Throws SCHEDULE_STATE where it has ended or is there already. */
export const steerSchedule = defineRequest({
  service: 'scheduler',
  name: 'schedule.steer',
  input: z.object({ ...one, to: z.enum(['active', 'paused']) }),
  output: scheduleView,
});

/** One run now, whatever its state; the overlap rule holds. */
export const triggerSchedule = defineRequest({
  service: 'scheduler',
  name: 'schedule.trigger',
  input: z.object(one),
  output: runView,
});

/**
 * Runs the occurrences of a past range that never ran, one after another unless overlap is allowed. Those that ran are left
 * as they are. Throws BACKFILL_INVALID.
 */
export const backfillSchedule = defineRequest({
  service: 'scheduler',
  name: 'schedule.backfill',
  input: z.object({ ...one, from: instant, to: instant }),
  output: z.object({
    occurrences: z.number().int().describe('In the range'),
    runs: z.number().int().describe('Begun or queued by this'),
  }),
});

export const previewSchedule = defineRequest({
  service: 'scheduler',
  name: 'schedule.preview',
  input: z.object({
    of: z.union([z.object(one), z.object({ schedule })]),
    from: instant.optional(),
    count: z.number().int().min(1).max(100),
    locale,
  }),
  output: occurrencesView,
});

export const listRuns = defineRequest({
  service: 'scheduler',
  name: 'run.list',
  input: z.object({
    schedule_id: z.string().optional(),
    owner: z.string().optional(),
    job: z.string().optional(),
    status: runStatus.optional(),
    before: z.string().optional(),
    limit: z.number().int().min(1).max(200),
  }),
  output: z.object({ runs: z.array(runView), next: z.string().optional() }),
});
