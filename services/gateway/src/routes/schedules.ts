import {
  backfillSchedule,
  createSchedule,
  deleteSchedule,
  findSchedule,
  listRuns,
  listSchedules,
  occurrencesView,
  previewSchedule,
  replaceSchedule,
  runStatus,
  runView,
  schedule,
  scheduleState,
  scheduleView,
  sentenceLocale,
  steerSchedule,
  triggerSchedule,
} from '@techno/contracts';
import { defineRoute, HttpProblem, type RequestContext, type Route } from '@techno/http';
import { type Bus, request } from '@techno/jetstream';
import { z } from 'zod';
import type { FindCaller } from '../callers.ts';

const id = z.string().regex(/^sch_[0-9a-f]{32}$/);
const locale = sentenceLocale.default('en').describe('Of the sentence');
const instant = z.iso.datetime({ offset: true });
const page = { cursor: z.string().max(128).optional(), limit: z.coerce.number().int().min(1).max(200).default(50) };
const count = z.coerce.number().int().min(1).max(100).default(10);

/** Actions that come round, for roles with `schedules:manage`; those of others with `schedules:manage:any`. */
export function scheduleRoutes({ bus, caller }: { bus: Bus; caller: FindCaller }): Route[] {
  const shared = { tags: ['schedules'], security: 'credential' as const };
  const params = z.object({ id });
  const known = { 404: { description: 'The caller has no such schedule' } };

  /** Who asks, and whose schedules it may see: undefined where it may see everybody's. */
  async function may(context: Pick<RequestContext, 'header' | 'address' | 'traceId'>) {
    const { principal, permissions } = await caller(context, 'schedules:manage');
    return { id: principal.id, owner: permissions.includes('schedules:manage:any') ? undefined : principal.id };
  }

  return [
    defineRoute({
      ...shared,
      method: 'POST',
      path: '/v1/schedules',
      operationId: 'createSchedule',
      summary: 'Have an action come round: by interval, by cron, or once',
      description:
        'Each occurrence is an action of its own, asked for on behalf of the key that made the schedule and decided by the gates as it is then: ' +
        'a key that was revoked meanwhile is denied. A denial is recorded and told to `notify` once, until a run completes again.',
      body: schedule,
      responses: {
        201: { description: 'Made', schema: scheduleView },
        422: {
          description: 'It could not do what it says: unknown zone, no pattern, a date that has passed, too many occurrences',
        },
      },
      async handler(context) {
        const { id: owner } = await may(context);
        const made = await request(bus, createSchedule, { owner, schedule: context.body });
        return { status: 201, headers: { location: `/v1/schedules/${made.id}` }, body: made };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/schedules',
      operationId: 'listSchedules',
      summary: 'Schedules, newest first',
      query: z.object({ ...page, state: scheduleState.optional(), locale }),
      responses: { 200: { description: 'A page', schema: listSchedules.output } },
      async handler(context) {
        const { owner } = await may(context);
        const { cursor, ...filter } = context.query;
        return { status: 200, body: await request(bus, listSchedules, { ...filter, owner, before: cursor }) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'POST',
      path: '/v1/schedule-previews',
      operationId: 'previewNewSchedule',
      summary: 'When a schedule would run, in words and as dates, without making it',
      query: z.object({ count, locale, from: instant.optional().describe('Default: now') }),
      body: schedule,
      responses: {
        200: { description: 'Its next occurrences', schema: occurrencesView },
        422: { description: 'Unknown zone, or no pattern' },
      },
      async handler(context) {
        await may(context);
        return { status: 200, body: await request(bus, previewSchedule, { of: { schedule: context.body }, ...context.query }) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/schedules/{id}',
      operationId: 'getSchedule',
      summary: 'A schedule',
      params,
      query: z.object({ locale }),
      responses: { 200: { description: 'The schedule', schema: scheduleView }, ...known },
      async handler(context) {
        const { owner } = await may(context);
        return { status: 200, body: await request(bus, findSchedule, { ...context.params, ...context.query, owner }) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'PUT',
      path: '/v1/schedules/{id}',
      operationId: 'replaceSchedule',
      summary: 'Replace a schedule; by its owner alone, in whose name it acts',
      params,
      body: schedule,
      responses: {
        200: { description: 'Replaced; occurrences are counted anew from now', schema: scheduleView },
        422: { description: 'It could not do what it says' },
        ...known,
      },
      async handler(context) {
        const { id: owner } = await may(context);
        return { status: 200, body: await request(bus, replaceSchedule, { ...context.params, owner, schedule: context.body }) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'DELETE',
      path: '/v1/schedules/{id}',
      operationId: 'deleteSchedule',
      summary: 'End a schedule; what runs goes on, what waits is skipped',
      params,
      responses: { 204: { description: 'Deleted' }, ...known },
      async handler(context) {
        const { owner } = await may(context);
        const { deleted } = await request(bus, deleteSchedule, { ...context.params, owner });
        if (!deleted) throw new HttpProblem(404, 'SCHEDULE_UNKNOWN', { detail: `there is no schedule '${context.params.id}'` });
        return { status: 204 };
      },
    }),
    ...(['pause', 'resume'] as const).map((verb) =>
      defineRoute({
        ...shared,
        method: 'POST',
        path: `/v1/schedules/{id}/${verb}`,
        operationId: `${verb}Schedule`,
        summary: verb === 'pause' ? 'Have nothing run for the moment' : 'Go on from now; what passed meanwhile is not caught up',
        params,
        responses: {
          200: { description: 'The schedule', schema: scheduleView },
          409: { description: 'It has ended, or is there already' },
          ...known,
        },
        async handler(context) {
          const { owner } = await may(context);
          const to = verb === 'pause' ? ('paused' as const) : ('active' as const);
          return { status: 200, body: await request(bus, steerSchedule, { ...context.params, owner, to }) };
        },
      }),
    ),
    defineRoute({
      ...shared,
      method: 'POST',
      path: '/v1/schedules/{id}/trigger',
      operationId: 'triggerSchedule',
      summary: 'One run now, whatever its state; the overlap rule holds',
      params,
      responses: { 202: { description: 'The run: begun, queued or skipped', schema: runView }, ...known },
      async handler(context) {
        const { owner } = await may(context);
        return { status: 202, body: await request(bus, triggerSchedule, { ...context.params, owner }) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'POST',
      path: '/v1/schedules/{id}/backfill',
      operationId: 'backfillSchedule',
      summary: 'Run the occurrences of a past range that never ran',
      description:
        'One after another, unless overlap is allowed. Occurrences that ran are left as they are; missed and skipped ones run.',
      params,
      body: z.strictObject({ from: instant, to: instant.describe('Included') }),
      responses: {
        202: { description: 'How many occurrences lie in the range, and how many run', schema: backfillSchedule.output },
        422: { description: 'Not a past range, or more than 1,000 occurrences' },
        ...known,
      },
      async handler(context) {
        const { owner } = await may(context);
        return { status: 202, body: await request(bus, backfillSchedule, { ...context.params, owner, ...context.body }) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/schedules/{id}/preview',
      operationId: 'previewSchedule',
      summary: 'When it runs, in words and as dates',
      params,
      query: z.object({ count, locale, from: instant.optional().describe('Default: now') }),
      responses: { 200: { description: 'Its next occurrences', schema: occurrencesView }, ...known },
      async handler(context) {
        const { owner } = await may(context);
        const of = { ...context.params, owner };
        return { status: 200, body: await request(bus, previewSchedule, { of, ...context.query }) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/schedules/{id}/runs',
      operationId: 'listScheduleRuns',
      summary: 'What became of its occurrences, newest record first',
      params,
      query: z.object({ ...page, status: runStatus.optional() }),
      responses: { 200: { description: 'A page', schema: listRuns.output }, ...known },
      async handler(context) {
        const { owner } = await may(context);
        const { cursor, ...filter } = context.query;
        const found = await request(bus, findSchedule, { ...context.params, owner, locale: 'en' });
        const asked = { ...filter, schedule_id: found.id, before: cursor };
        return { status: 200, body: await request(bus, listRuns, asked) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/job-runs',
      operationId: 'listJobRuns',
      summary: 'Runs of schedules and, for those who see everything, of the jobs of the system; newest record first',
      query: z.object({
        ...page,
        job: z.string().max(64).optional().describe('A job of the system, or user-schedule'),
        status: runStatus.optional(),
      }),
      responses: { 200: { description: 'A page', schema: listRuns.output } },
      async handler(context) {
        const { owner } = await may(context);
        const { cursor, ...filter } = context.query;
        return { status: 200, body: await request(bus, listRuns, { ...filter, owner, before: cursor }) };
      },
    }),
  ];
}
