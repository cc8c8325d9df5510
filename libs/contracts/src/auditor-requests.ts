import { z } from 'zod';
import { actionStatus } from './actions.ts';
import { defineRequest } from './request.ts';

const time = z.string();

/** An action as its readers see it. Fields appear as they become known. */
export const actionView = z.object({
  trace_id: z.string(),
  status: actionStatus,
  action: z.string(),
  context_id: z.string(),
  origin: z.string().optional(),
  principal: z.string().optional(),
  decision_id: z.string().optional(),
  gate: z.string().optional(),
  reason_codes: z.array(z.string()).optional(),
  executor_id: z.string().optional(),
  result: z.unknown().optional(),
  error: z.unknown().optional(),
  replays: z.number().int(),
  received_at: time.optional(),
  decided_at: time.optional(),
  finished_at: time.optional(),
  execution_time_ms: z.number().optional(),
});
export type ActionView = z.infer<typeof actionView>;

/** `principal` limits the answer to what that principal asked for. */
export const findAction = defineRequest({
  service: 'auditor',
  name: 'action.find',
  input: z.object({ trace_id: z.string(), principal: z.string().optional() }),
  output: z.object({ action: actionView.optional() }),
});

export const listActions = defineRequest({
  service: 'auditor',
  name: 'action.list',
  input: z.object({
    principal: z.string().optional(),
    status: actionStatus.optional(),
    action: z.string().optional(),
    from: time.optional(),
    to: time.optional(),
    before: z.string().optional(),
    limit: z.number().int().min(1).max(200),
  }),
  output: z.object({ actions: z.array(actionView), next: z.string().optional() }),
});

export const auditRowView = z.object({
  seq: z.number().int(),
  recorded_at: time,
  hash: z.string(),
  intact: z.boolean(),
  events: z.array(z.object({ event: z.string(), trace_id: z.string(), at: time, data: z.record(z.string(), z.unknown()) })),
});

/** The rows of one trace, each with its own hash and its link to the row before it verified. */
export const auditOfAction = defineRequest({
  service: 'auditor',
  name: 'audit.trace',
  input: z.object({ trace_id: z.string(), principal: z.string().optional() }),
  output: z.object({ trace_id: z.string(), verified: z.boolean(), rows: z.array(auditRowView) }),
});
