import {
  deadLetterDetail,
  deadLetterFilter,
  type DeadLetterFilter,
  deadLetterGroup,
  deadLetterStatus,
  deadLetterView,
  discardDeadLetters,
  exportDeadLetters,
  findDeadLetter,
  groupDeadLetters,
  listDeadLetters,
  purgeDeadLetters,
  replayDeadLetter,
  replayFilter,
} from '@techno/contracts';
import { defineRoute, type Route } from '@techno/http';
import { type Bus, request } from '@techno/jetstream';
import { z } from 'zod';
import type { FindCaller } from '../callers.ts';
import { replayJobRoutes } from './replay-jobs.ts';

const time = z.iso.datetime({ offset: true });
const id = z.coerce.number().int().positive();
const TIMEOUT_MS = 15_000;

/** The filter as a query: everything is text there. */
const filterQuery = {
  status: deadLetterStatus.optional(),
  actor: z.string().max(128).optional(),
  code: z.string().max(128).optional(),
  signature: z.string().max(64).optional(),
  job_name: z.string().max(256).optional(),
  subject: z.string().max(256).optional(),
  trace_id: z.string().max(64).optional(),
  job_id: z.string().max(64).optional(),
  text: z.string().min(2).max(256).optional().describe('In the error message or the payload'),
  from: time.optional().describe('Last failed at or after'),
  to: time.optional().describe('Last failed before'),
  reason: z.string().max(500).optional().describe('Why it was discarded'),
  quarantined: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
};

/** The filter as a body. */
const filterBody = z.strictObject({ ...deadLetterFilter.shape, from: time.optional(), to: time.optional() });

/** Without what else a query holds. */
function filterOf(query: DeadLetterFilter): DeadLetterFilter {
  return deadLetterFilter.parse(query);
}

/** What failed for good: seen with `dead_letters:read`, acted on with `dead_letters:replay`. */
export function deadLetterRoutes({ bus, caller }: { bus: Bus; caller: FindCaller }): Route[] {
  const shared = { tags: ['dead letters'], security: 'credential' as const };
  return [
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/dead-letters',
      operationId: 'listDeadLetters',
      summary: 'Dead letters, newest first',
      query: z.object({
        ...filterQuery,
        cursor: id.optional().describe('`next` of the page before'),
        limit: z.coerce.number().int().min(1).max(500).default(50),
      }),
      responses: {
        200: { description: 'A page', schema: z.object({ dead_letters: z.array(deadLetterView), next: z.number().optional() }) },
      },
      async handler(context) {
        await caller(context, 'dead_letters:read');
        const { cursor, limit, ...query } = context.query;
        return { status: 200, body: await request(bus, listDeadLetters, { filter: filterOf(query), before: cursor, limit }) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/dead-letters/groups',
      operationId: 'groupDeadLetters',
      summary: 'Dead letters by cause: one group for each error signature, the largest first',
      query: z.object({ ...filterQuery, limit: z.coerce.number().int().min(1).max(500).default(100) }),
      responses: { 200: { description: 'The groups', schema: z.object({ groups: z.array(deadLetterGroup) }) } },
      async handler(context) {
        await caller(context, 'dead_letters:read');
        const { limit, ...query } = context.query;
        return { status: 200, body: await request(bus, groupDeadLetters, { filter: filterOf(query), limit }, TIMEOUT_MS) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/dead-letters/export',
      operationId: 'exportDeadLetters',
      summary: 'Whole dead letters, oldest first, as many as fit one answer',
      query: z.object({
        ...filterQuery,
        cursor: id.optional().describe('`next` of the page before'),
        limit: z.coerce.number().int().min(1).max(200).default(200),
      }),
      responses: {
        200: {
          description: 'A page',
          schema: z.object({ dead_letters: z.array(deadLetterDetail.omit({ history: true })), next: z.number().optional() }),
        },
      },
      async handler(context) {
        await caller(context, 'dead_letters:read');
        const { cursor, limit, ...query } = context.query;
        const input = { filter: filterOf(query), after: cursor, limit };
        return { status: 200, body: await request(bus, exportDeadLetters, input, TIMEOUT_MS) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/dead-letters/{id}',
      operationId: 'getDeadLetter',
      summary: 'One dead letter, whole, with its history',
      params: z.object({ id }),
      responses: {
        200: { description: 'The dead letter', schema: deadLetterDetail },
        404: { description: 'No such dead letter' },
      },
      async handler(context) {
        await caller(context, 'dead_letters:read');
        return { status: 200, body: await request(bus, findDeadLetter, { id: context.params.id }) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'POST',
      path: '/v1/dead-letters/{id}/replay',
      operationId: 'replayDeadLetter',
      summary: 'Replay one, as it is or edited',
      description:
        'An action passes the gates again, as they are now; a denial discards it. `payload` replaces what it held; what was there before stays in its history.',
      params: z.object({ id }),
      body: z.strictObject({
        payload: z.unknown().optional().describe('Of an action its own payload, of another message the whole body'),
        reopen: z.boolean().default(false).describe('Also if it was discarded'),
      }),
      responses: {
        202: { description: 'Under way', schema: deadLetterView },
        404: { description: 'No such dead letter' },
        409: { description: 'It is under way already, or dealt with' },
        422: { description: 'It holds nothing that could be sent' },
      },
      async handler(context) {
        const { principal } = await caller(context, 'dead_letters:replay');
        const { payload, reopen } = context.body;
        const edited = Object.hasOwn(context.body, 'payload');
        const input = { by: principal.id, id: context.params.id, reopen, edited, ...(edited ? { payload } : {}) };
        return { status: 202, body: await request(bus, replayDeadLetter, input, TIMEOUT_MS) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'POST',
      path: '/v1/dead-letters/{id}/discard',
      operationId: 'discardDeadLetter',
      summary: 'Give one up, with the reason',
      params: z.object({ id }),
      body: z.strictObject({ reason: z.string().min(1).max(500) }),
      responses: {
        200: { description: 'Discarded', schema: z.object({ count: z.number().int() }) },
        404: { description: 'No such dead letter' },
        409: { description: 'It is under way, or dealt with' },
      },
      async handler(context) {
        const { principal } = await caller(context, 'dead_letters:replay');
        const input = { by: principal.id, reason: context.body.reason, id: context.params.id, dry_run: false };
        return { status: 200, body: await request(bus, discardDeadLetters, input) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'POST',
      path: '/v1/dead-letters/discard',
      operationId: 'discardDeadLetters',
      summary: 'Give up all that a filter finds, with the reason',
      body: z.strictObject({
        filter: filterBody,
        reason: z.string().min(1).max(500),
        dry_run: z.boolean().default(false).describe('Only count'),
      }),
      responses: { 200: { description: 'How many', schema: z.object({ count: z.number().int() }) } },
      async handler(context) {
        const { principal } = await caller(context, 'dead_letters:replay');
        return { status: 200, body: await request(bus, discardDeadLetters, { by: principal.id, ...context.body }, TIMEOUT_MS) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'POST',
      path: '/v1/dead-letters/purge',
      operationId: 'purgeDeadLetters',
      summary: 'Delete what was dealt with before a time',
      body: z.strictObject({
        status: z.enum(['replayed', 'discarded', 'permanent_failure']),
        older_than: time,
        dry_run: z.boolean().default(false).describe('Only count'),
      }),
      responses: { 200: { description: 'How many', schema: z.object({ count: z.number().int() }) } },
      async handler(context) {
        const { principal } = await caller(context, 'dead_letters:replay');
        return { status: 200, body: await request(bus, purgeDeadLetters, { by: principal.id, ...context.body }, TIMEOUT_MS) };
      },
    }),
    ...replayJobRoutes({ bus, caller, filter: filterBody.extend(replayFilter.pick({ status: true }).shape) }),
  ];
}
