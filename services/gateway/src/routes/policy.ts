import { actionRequest, applyPolicy, explainDecision, getPolicy, listPolicies, policyView } from '@techno/contracts';
import { defineRoute, type Route } from '@techno/http';
import { type Bus, request } from '@techno/jetstream';
import { z } from 'zod';
import type { FindCaller } from '../callers.ts';

/** The policy and what it would decide. */
export function policyRoutes({ bus, caller }: { bus: Bus; caller: FindCaller }): Route[] {
  const shared = { tags: ['policy'], security: 'credential' as const };
  return [
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/policy',
      operationId: 'getPolicy',
      summary: 'The policy in force, or an earlier revision',
      query: z.object({ revision: z.coerce.number().int().positive().optional() }),
      responses: {
        200: { description: 'The document', schema: policyView },
        404: { description: 'None was applied yet, or no such revision' },
      },
      async handler(context) {
        await caller(context, 'policy:read');
        return { status: 200, body: await request(bus, getPolicy, { revision: context.query.revision }) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'PUT',
      path: '/v1/policy',
      operationId: 'applyPolicy',
      summary: 'Apply a policy; every replica follows within a second',
      description:
        'A document that does not hold together is refused whole, with the path of every error, and the one in force stays.',
      body: z.strictObject({
        document: z.unknown(),
        note: z.string().max(500).default(''),
        if_revision: z.number().int().min(0).optional().describe('Refuse (409) unless this revision is in force'),
        dry_run: z.boolean().default(false).describe('Only check'),
      }),
      responses: {
        200: { description: 'In force, or checked', schema: z.object({ revision: z.number().int(), applied: z.boolean() }) },
        409: { description: 'Another revision is in force' },
        422: { description: 'The document is no policy; `errors` says where' },
      },
      async handler(context) {
        const { principal } = await caller(context, 'policy:admin');
        return { status: 200, body: await request(bus, applyPolicy, { by: principal.id, ...context.body }) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/policy/history',
      operationId: 'listPolicies',
      summary: 'Revisions of the policy, newest first',
      query: z.object({ limit: z.coerce.number().int().min(1).max(200).default(50) }),
      responses: {
        200: { description: 'Revisions', schema: z.object({ revisions: z.array(policyView.omit({ document: true })) }) },
      },
      async handler(context) {
        await caller(context, 'policy:read');
        return { status: 200, body: await request(bus, listPolicies, context.query) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'POST',
      path: '/v1/decisions',
      operationId: 'explainDecision',
      summary: 'What would be decided about a request, gate by gate, without executing it',
      body: actionRequest,
      responses: { 200: { description: 'The verdict of each gate', schema: explainDecision.output } },
      async handler(context) {
        const { credential } = await caller(context, 'decisions:explain');
        const { action, context_id, payload } = context.body;
        const explained = await request(bus, explainDecision, {
          credential,
          address: context.address,
          request: { action, context_id, payload },
          bytes: context.bytes,
        });
        return { status: 200, body: explained };
      },
    }),
  ];
}
