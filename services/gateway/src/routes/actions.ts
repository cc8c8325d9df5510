import {
  actionStatus,
  type ActionView,
  actionView,
  auditOfAction,
  auditRowView,
  findAction,
  listActions,
  TERMINAL_STATUSES,
} from '@techno/contracts';
import { defineRoute, HttpProblem, type Route } from '@techno/http';
import { type Bus, request } from '@techno/jetstream';
import { rfc3339 } from '@techno/kernel';
import type { Inbox } from '@techno/storage';
import { z } from 'zod';
import type { FindCaller } from '../callers.ts';
import type { Pending } from '../pending.ts';

const traceId = z.string().regex(/^tr_[0-9a-f]{32}$/, 'a trace id: tr_ and 32 hex digits');
const time = z.iso.datetime({ offset: true });

export interface ActionRouteDeps {
  readonly bus: Bus;
  readonly inbox: Inbox;
  readonly pending: Pick<Pending, 'endedLately'>;
  readonly caller: FindCaller;
}

/** A second in all: the record is rarely 100 ms behind. */
const LOOK_AGAIN_MS = 40;
const MOST_LOOKS = 25;

/** Reading what became of actions. A caller sees its own, unless its role may read everybody's. */
export function actionRoutes({ bus, inbox, pending, caller }: ActionRouteDeps): Route[] {
  /** Reads the record; of what was answered a moment ago it waits until the record has caught up, so that nobody reads less than they were told. */
  async function recorded(id: string, principal: string | undefined): Promise<ActionView | undefined> {
    for (let looks = 1; ; looks++) {
      const { action } = await request(bus, findAction, { trace_id: id });
      const foreign = principal !== undefined && action?.principal !== undefined && action.principal !== principal;
      if (foreign) return undefined;
      const behind = action === undefined || !TERMINAL_STATUSES.includes(action.status);
      if (behind && looks < MOST_LOOKS && pending.endedLately(id)) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
        continue;
      }
      // Whose it is becomes known with its decision; before, only the inbox knows.
      return principal !== undefined && action?.principal === undefined ? undefined : action;
    }
  }
  const unknown = (id: string) =>
    new HttpProblem(404, 'ACTION_NOT_FOUND', { detail: `there is no action ${id} that you may see`, traceId: id });

  const get = defineRoute({
    method: 'GET',
    path: '/v1/actions/{trace_id}',
    operationId: 'getAction',
    summary: 'What became of an action',
    tags: ['actions'],
    security: 'credential',
    params: z.object({ trace_id: traceId }),
    responses: { 200: { description: 'The action', schema: actionView }, 404: { description: 'No such action, or not yours' } },
    async handler(context) {
      const { onlyOf, credential } = await caller(context, 'actions:read');
      const id = context.params.trace_id;
      const action = await recorded(id, onlyOf);
      if (action !== undefined) return { status: 200, body: action };
      // Accepted, and the record has not caught up: the inbox knows it.
      const entry = await inbox.find(id);
      const own = credential.kind === 'api_key' && entry?.caller === credential.hash;
      if (entry === undefined || !(own || onlyOf === undefined)) throw unknown(id);
      const { request: asked, origin, replay } = entry.request;
      return {
        status: 200,
        body: {
          trace_id: id,
          status: 'ACCEPTED',
          action: asked.action,
          context_id: asked.context_id,
          origin,
          replays: replay,
          received_at: rfc3339(entry.acceptedAt.getTime()),
        },
      };
    },
  });

  const list = defineRoute({
    method: 'GET',
    path: '/v1/actions',
    operationId: 'listActions',
    summary: 'Actions, newest first',
    tags: ['actions'],
    security: 'credential',
    query: z.object({
      status: actionStatus.optional(),
      action: z.string().max(128).optional(),
      from: time.optional().describe('Received at or after'),
      to: time.optional().describe('Received before'),
      cursor: traceId.optional().describe('`next` of the page before'),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    responses: {
      200: {
        description: 'A page',
        schema: z.object({
          actions: z.array(actionView),
          next: z.string().optional().describe('Cursor of the next page; absent on the last'),
        }),
      },
    },
    async handler(context) {
      const { onlyOf } = await caller(context, 'actions:read');
      const { cursor, ...filter } = context.query;
      return { status: 200, body: await request(bus, listActions, { ...filter, principal: onlyOf, before: cursor }) };
    },
  });

  const audit = defineRoute({
    method: 'GET',
    path: '/v1/actions/{trace_id}/audit',
    operationId: 'getActionAudit',
    summary: 'The audit trail of an action, each row verified against its hash and the row before it',
    tags: ['actions'],
    security: 'credential',
    params: z.object({ trace_id: traceId }),
    responses: {
      200: {
        description: 'Its rows, in order',
        schema: z.object({ trace_id: z.string(), verified: z.boolean(), rows: z.array(auditRowView) }),
      },
      404: { description: 'No such action, or not yours' },
    },
    async handler(context) {
      const { onlyOf } = await caller(context, 'actions:read');
      await recorded(context.params.trace_id, onlyOf);
      const found = await request(bus, auditOfAction, { trace_id: context.params.trace_id, principal: onlyOf });
      if (found.rows.length === 0) throw unknown(context.params.trace_id);
      return { status: 200, body: found };
    },
  });

  return [get, list, audit];
}
