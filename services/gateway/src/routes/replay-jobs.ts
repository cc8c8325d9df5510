import {
  createReplayJob,
  findReplayJob,
  listReplayJobs,
  type ReplayFilter,
  replayJobView,
  steerReplayJob,
} from '@techno/contracts';
import { defineRoute, type Route } from '@techno/http';
import { type Bus, request } from '@techno/jetstream';
import { z } from 'zod';
import type { FindCaller } from '../callers.ts';

/** Slow enough not to fell what has just got up. */
const DEFAULT_RATE = 20;
const TIMEOUT_MS = 15_000;

const STEPS = [
  { verb: 'pause', to: 'paused', summary: 'Stop a bulk replay for the moment' },
  { verb: 'resume', to: 'running', summary: 'Go on with a paused bulk replay' },
  { verb: 'cancel', to: 'cancelled', summary: 'End a bulk replay; nothing more is sent a second later' },
] as const;

/** Bulk replays, which are jobs: counted first, limited in rate, one at a time for each actor. */
export function replayJobRoutes({
  bus,
  caller,
  filter,
}: {
  bus: Bus;
  caller: FindCaller;
  filter: z.ZodType<ReplayFilter>;
}): Route[] {
  const shared = { tags: ['dead letters'], security: 'credential' as const };
  const params = z.object({ id: z.string().regex(/^rj_[0-9a-f]{1,64}$/) });
  return [
    defineRoute({
      ...shared,
      method: 'POST',
      path: '/v1/replay-jobs',
      operationId: 'createReplayJob',
      summary: 'Replay all that a filter finds, oldest first; one job for each actor',
      body: z.strictObject({
        filter: filter.describe('`status` is `pending` unless said otherwise; poison is never included'),
        rate_per_second: z.number().int().min(1).max(1_000).default(DEFAULT_RATE),
        dry_run: z.boolean().default(false).describe('Only count'),
      }),
      responses: {
        200: { description: 'Counted: a dry run, or nothing matches', schema: createReplayJob.output },
        202: { description: 'Running', schema: createReplayJob.output },
        409: { description: 'One of the actors has a job that is running or paused' },
      },
      async handler(context) {
        const { principal } = await caller(context, 'dead_letters:replay');
        const created = await request(bus, createReplayJob, { by: principal.id, ...context.body }, TIMEOUT_MS);
        return { status: created.jobs.length > 0 ? 202 : 200, body: created };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/replay-jobs',
      operationId: 'listReplayJobs',
      summary: 'Bulk replays and their progress, newest first',
      query: z.object({ limit: z.coerce.number().int().min(1).max(200).default(50) }),
      responses: { 200: { description: 'The jobs', schema: listReplayJobs.output } },
      async handler(context) {
        await caller(context, 'dead_letters:read');
        return { status: 200, body: await request(bus, listReplayJobs, context.query) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/replay-jobs/{id}',
      operationId: 'getReplayJob',
      summary: 'One bulk replay and its progress',
      params,
      responses: { 200: { description: 'The job', schema: replayJobView }, 404: { description: 'No such job' } },
      async handler(context) {
        await caller(context, 'dead_letters:read');
        return { status: 200, body: await request(bus, findReplayJob, { id: context.params.id }) };
      },
    }),
    ...STEPS.map(({ verb, to, summary }) =>
      defineRoute({
        ...shared,
        method: 'POST',
        path: `/v1/replay-jobs/{id}/${verb}`,
        operationId: `${verb}ReplayJob`,
        summary,
        params,
        responses: {
          200: { description: 'The job', schema: replayJobView },
          404: { description: 'No such job' },
          409: { description: 'It has ended, or is there already' },
        },
        async handler(context) {
          const { principal } = await caller(context, 'dead_letters:replay');
          return { status: 200, body: await request(bus, steerReplayJob, { by: principal.id, id: context.params.id, to }) };
        },
      }),
    ),
  ];
}
