import { z } from 'zod';
import { gateName, reasonCode } from './gates.ts';
import { defineMessage } from './message.ts';
import { credential, principal } from './principal.ts';

const time = z.string();
const traceId = z.string().regex(/^tr_[0-9a-f]{32}$/);

/** What is asked for. `payload` is any JSON here; G4 and G6 judge it. */
export const actionRequest = z.object({
  action: z.string().max(128),
  context_id: z.string().max(256),
  payload: z.unknown(),
});
export type ActionRequest = z.infer<typeof actionRequest>;

/** Accepted and committed to the inbox. Published by the gateway after the commit, and again by the sweeper. */
export const actionRequested = defineMessage({
  type: 'action.requested',
  stream: 'ACTIONS',
  batchable: true,
  pattern: 'action.requested.>',
  subject: (body: ActionRequested) => `action.requested.${body.origin}`,
  owners: ['gateway', 'scheduler', 'dlq-replayer'],
  shares: { gateway: ['action.requested.api', 'action.requested.webhook'], scheduler: ['action.requested.schedule'] },
  schema: z.object({
    trace_id: traceId,
    origin: z.enum(['api', 'webhook', 'schedule']),
    credential,
    /** Client address as the gateway saw it, for G2's list. Never logged. */
    address: z.string(),
    request: actionRequest,
    /** Bytes of the body as received. */
    bytes: z.number().int().nonnegative(),
    /** Identifies a signed webhook message (`webhook-id`) or a nonce, for G8. */
    nonce: z.string().optional(),
    received_at: time,
    /** Operator replays so far: each passes the gates again and may run again. */
    replay: z.number().int().nonnegative(),
  }),
});
export type ActionRequested = {
  trace_id: string;
  origin: 'api' | 'webhook' | 'schedule';
  credential: z.infer<typeof credential>;
  address: string;
  request: ActionRequest;
  bytes: number;
  nonce?: string | undefined;
  received_at: string;
  replay: number;
};

/** The recorded decision, as it travels with its outcome. */
export const decision = z.object({
  decision_id: z.string(),
  policy_revision: z.number().int(),
  /** Microseconds each gate took, in the order of GATES. All those asked let it pass; of a DENY, all but the last. */
  micros: z.array(z.number()),
  /** SHA-256 (hex) of the request, see `inputHash`. */
  input_hash: z.string(),
  decided_at: time,
});
export type Decision = z.infer<typeof decision>;

/** ALLOW: the only thing an executor acts on. */
export const actionAllowed = defineMessage({
  type: 'action.allowed',
  stream: 'ACTIONS',
  batchable: true,
  pattern: 'action.allowed.>',
  subject: (body: ActionAllowed) => `action.allowed.${body.allow.executor}`,
  owners: ['gate-engine'],
  schema: z.object({
    trace_id: traceId,
    request: actionRequest,
    principal,
    decision,
    allow: z.object({
      executor: z.string(),
      /** Executors to try, in order, when the first one cannot. */
      fallbacks: z.array(z.string()),
      expires_at: time,
      key_id: z.string(),
      signature: z.string(),
    }),
    received_at: time,
    replay: z.number().int().nonnegative(),
  }),
});
export type ActionAllowed = {
  trace_id: string;
  request: ActionRequest;
  principal: z.infer<typeof principal>;
  decision: Decision;
  allow: { executor: string; fallbacks: string[]; expires_at: string; key_id: string; signature: string };
  received_at: string;
  replay: number;
};

export const actionDenied = defineMessage({
  type: 'action.denied',
  stream: 'ACTIONS',
  batchable: true,
  pattern: 'action.denied',
  subject: (_body: ActionDenied) => 'action.denied',
  owners: ['gate-engine'],
  schema: z.object({
    trace_id: traceId,
    action: z.string(),
    context_id: z.string(),
    /** Absent where nobody was recognised. */
    principal: principal.optional(),
    decision,
    gate: gateName,
    reason_codes: z.array(reasonCode).min(1),
    message: z.string(),
    /** For a rate or quota denial: the limit, what is left, and the seconds until it opens again. */
    rate: z.object({ limit: z.number(), remaining: z.number(), resetSeconds: z.number(), windowSeconds: z.number() }).optional(),
    received_at: time,
    replay: z.number().int().nonnegative(),
  }),
});
export type ActionDenied = {
  trace_id: string;
  action: string;
  context_id: string;
  principal?: z.infer<typeof principal> | undefined;
  decision: Decision;
  gate: z.infer<typeof gateName>;
  reason_codes: z.infer<typeof reasonCode>[];
  message: string;
  rate?: RateState | undefined;
  received_at: string;
  replay: number;
};
export type RateState = { limit: number; remaining: number; resetSeconds: number; windowSeconds: number };

const ended = {
  trace_id: traceId,
  decision_id: z.string(),
  action: z.string(),
  executor_id: z.string(),
  /** The fence: which start of this action the outcome belongs to. */
  attempt: z.number().int().positive(),
  started_at: time,
  finished_at: time,
  execution_time_ms: z.number().nonnegative(),
  replay: z.number().int().nonnegative(),
};

export const actionCompleted = defineMessage({
  type: 'action.completed',
  stream: 'ACTIONS',
  batchable: true,
  pattern: 'action.completed',
  subject: (_body: ActionCompleted) => 'action.completed',
  owners: ['executor'],
  schema: z.object({ ...ended, result: z.unknown() }),
});
export type ActionCompleted = ActionEnded & { result: unknown };

/** Whose fault: decides 502 (upstream, result), 504 (timeout) or 500 (internal) at the edge. */
export const FAILURE_CLASSES = ['upstream', 'timeout', 'result', 'input', 'internal'] as const;
export const failureClass = z.enum(FAILURE_CLASSES);
export type FailureClass = z.infer<typeof failureClass>;

export const actionFailed = defineMessage({
  type: 'action.failed',
  stream: 'ACTIONS',
  batchable: true,
  pattern: 'action.failed',
  subject: (_body: ActionFailed) => 'action.failed',
  owners: ['executor'],
  schema: z.object({
    ...ended,
    /** UNKNOWN: an effect without an idempotency key was started and its outcome never seen. */
    status: z.enum(['FAILED', 'UNKNOWN']),
    error: z.object({ code: z.string(), message: z.string(), class: failureClass }),
    /** What did succeed, step by step, for a composite that failed in part. */
    partial: z.unknown().optional(),
  }),
});
export type ActionFailed = ActionEnded & {
  status: 'FAILED' | 'UNKNOWN';
  error: { code: string; message: string; class: FailureClass };
  partial?: unknown;
};

type ActionEnded = {
  trace_id: string;
  decision_id: string;
  action: string;
  executor_id: string;
  attempt: number;
  started_at: string;
  finished_at: string;
  execution_time_ms: number;
  replay: number;
};

/** What the gateway answered, many at a time: a message for each would cost more than the rest of answering. */
export const actionAnswered = defineMessage({
  type: 'action.answered',
  stream: 'ACTIONS',
  pattern: 'action.answered',
  subject: (_body: ActionAnswered) => 'action.answered',
  owners: ['gateway'],
  schema: z.object({
    answers: z
      .array(z.object({ trace_id: traceId, status: z.number().int(), at: time, duration_ms: z.number().nonnegative() }))
      .min(1),
  }),
});
export type ActionAnswered = {
  answers: { trace_id: string; status: number; at: string; duration_ms: number }[];
};

/** The life of an action as its readers see it. */
export const ACTION_STATUSES = ['ACCEPTED', 'ALLOWED', 'COMPLETED', 'DENIED', 'FAILED', 'UNKNOWN', 'DEAD_LETTERED'] as const;
export const actionStatus = z.enum(ACTION_STATUSES);
export type ActionStatus = z.infer<typeof actionStatus>;
export const TERMINAL_STATUSES: readonly ActionStatus[] = ['COMPLETED', 'DENIED', 'FAILED', 'UNKNOWN', 'DEAD_LETTERED'];
