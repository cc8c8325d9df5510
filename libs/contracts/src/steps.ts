import { z } from 'zod';
import { type Decision, decision, failureClass, type FailureClass } from './actions.ts';
import { gateName, type GateName, type ReasonCode, reasonCode } from './gates.ts';
import { defineMessage } from './message.ts';
import { principal, type Principal } from './principal.ts';

/** A step of a composite was decided on its own; the record of it. */
export const stepDecided = defineMessage({
  type: 'action.step_decided',
  stream: 'ACTIONS',
  pattern: 'action.step_decided',
  subject: (_body: StepDecided) => 'action.step_decided',
  owners: ['gate-engine'],
  schema: z.object({
    trace_id: z.string(),
    step: z.string(),
    action: z.string(),
    context_id: z.string(),
    principal,
    decision,
    outcome: z.enum(['ALLOW', 'DENY']),
    executor: z.string().optional(),
    gate: gateName.optional(),
    reason_codes: z.array(reasonCode).optional(),
    replay: z.number().int(),
  }),
});
export type StepDecided = {
  trace_id: string;
  step: string;
  action: string;
  context_id: string;
  principal: Principal;
  decision: Decision;
  outcome: 'ALLOW' | 'DENY';
  executor?: string | undefined;
  gate?: GateName | undefined;
  reason_codes?: ReasonCode[] | undefined;
  replay: number;
};

/** A step of a composite ended; its outcome is already committed. */
export const stepEnded = defineMessage({
  type: 'action.step_ended',
  stream: 'ACTIONS',
  pattern: 'action.step_ended',
  subject: (_body: StepEnded) => 'action.step_ended',
  owners: ['executor'],
  schema: z.object({
    trace_id: z.string(),
    step: z.string(),
    decision_id: z.string(),
    executor_id: z.string(),
    attempt: z.number().int(),
    started_at: z.string(),
    finished_at: z.string(),
    execution_time_ms: z.number(),
    status: z.enum(['COMPLETED', 'FAILED', 'UNKNOWN']),
    error: z.object({ code: z.string(), class: failureClass }).optional(),
  }),
});
export type StepEnded = {
  trace_id: string;
  step: string;
  decision_id: string;
  executor_id: string;
  attempt: number;
  started_at: string;
  finished_at: string;
  execution_time_ms: number;
  status: 'COMPLETED' | 'FAILED' | 'UNKNOWN';
  error?: { code: string; class: FailureClass } | undefined;
};
