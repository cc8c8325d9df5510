import type {
  ActionAllowed,
  ActionAnswered,
  ActionCompleted,
  ActionDenied,
  ActionFailed,
  ActionRequested,
  Decision,
} from './actions.ts';
import type { DeadLetter } from './dead-letter.ts';
import type { DeadLetterActed } from './dlq-messages.ts';
import type { JobFinished } from './jobs.ts';
import type { NotificationNews } from './notifications.ts';
import { GATES, type GateVerdict, type ReasonCode } from './gates.ts';
import type { StepDecided, StepEnded } from './steps.ts';

/** The eleven, in three layers. */
export const CANONICAL_EVENTS = [
  'REQUEST_START',
  'REQUEST_END',
  'GATE_EVALUATED',
  'DECISION',
  'EXECUTOR_SELECTED',
  'ACTION_STARTED',
  'ACTION_EXECUTED',
  'ACTION_FAILED',
  'RESULT_VALIDATED',
  'NOTIFICATION_SETTLED',
  'DEAD_LETTERED',
] as const;
export type CanonicalEventName = (typeof CANONICAL_EVENTS)[number];

export interface CanonicalEvent {
  readonly event: CanonicalEventName;
  readonly trace_id: string;
  /** RFC 3339. */
  readonly at: string;
  /** Ids, codes and figures only: no payload, no address, no credential. */
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * A message *is* its canonical events: the service that publishes it logs them, the auditor writes them to the trail and the
 * gateway streams them, all from these functions, so the three can never tell different stories.
 */
export const eventsOf = {
  'action.requested': (body: ActionRequested): CanonicalEvent[] => [
    {
      event: 'REQUEST_START',
      trace_id: body.trace_id,
      at: body.received_at,
      data: {
        origin: body.origin,
        action: body.request.action,
        context_id: body.request.context_id,
        credential: body.credential.kind,
        bytes: body.bytes,
        replay: body.replay,
      },
    },
  ],

  'action.allowed': (body: ActionAllowed): CanonicalEvent[] => [
    gatesEvaluated(body, 'pass'),
    {
      event: 'DECISION',
      trace_id: body.trace_id,
      at: body.decision.decided_at,
      data: {
        decision: 'ALLOW',
        decision_id: body.decision.decision_id,
        policy_revision: body.decision.policy_revision,
        input_hash: body.decision.input_hash,
        principal: body.principal.id,
        role: body.principal.role,
        action: body.request.action,
        context_id: body.request.context_id,
        executor: body.allow.executor,
        expires_at: body.allow.expires_at,
        replay: body.replay,
      },
    },
  ],

  'action.denied': (body: ActionDenied): CanonicalEvent[] => [
    gatesEvaluated(body, deniedBy(body.reason_codes)),
    {
      event: 'DECISION',
      trace_id: body.trace_id,
      at: body.decision.decided_at,
      data: {
        decision: 'DENY',
        decision_id: body.decision.decision_id,
        policy_revision: body.decision.policy_revision,
        input_hash: body.decision.input_hash,
        principal: body.principal?.id,
        role: body.principal?.role,
        action: body.action,
        context_id: body.context_id,
        gate: body.gate,
        reason_codes: body.reason_codes,
        replay: body.replay,
      },
    },
  ],

  'action.completed': (body: ActionCompleted): CanonicalEvent[] => [
    ...started(body),
    validated(body),
    {
      event: 'ACTION_EXECUTED',
      trace_id: body.trace_id,
      at: body.finished_at,
      data: {
        decision_id: body.decision_id,
        executor_id: body.executor_id,
        attempt: body.attempt,
        execution_time_ms: body.execution_time_ms,
      },
    },
  ],

  'action.failed': (body: ActionFailed): CanonicalEvent[] => [
    ...started(body),
    {
      event: 'ACTION_FAILED',
      trace_id: body.trace_id,
      at: body.finished_at,
      data: {
        decision_id: body.decision_id,
        executor_id: body.executor_id,
        attempt: body.attempt,
        status: body.status,
        code: body.error.code,
        class: body.error.class,
        execution_time_ms: body.execution_time_ms,
      },
    },
  ],

  'action.step_decided': (body: StepDecided): CanonicalEvent[] => [
    gatesEvaluated(body, body.outcome === 'ALLOW' ? 'pass' : deniedBy(body.reason_codes ?? []), body.step),
    {
      event: 'DECISION',
      trace_id: body.trace_id,
      at: body.decision.decided_at,
      data: {
        decision: body.outcome,
        decision_id: body.decision.decision_id,
        policy_revision: body.decision.policy_revision,
        input_hash: body.decision.input_hash,
        principal: body.principal.id,
        role: body.principal.role,
        step: body.step,
        action: body.action,
        context_id: body.context_id,
        executor: body.executor,
        gate: body.gate,
        reason_codes: body.reason_codes,
        replay: body.replay,
      },
    },
  ],

  'action.step_ended': (body: StepEnded): CanonicalEvent[] => [
    ...started(body, body.step),
    ...(body.status === 'COMPLETED' ? [validated(body, body.step)] : []),
    {
      event: body.status === 'COMPLETED' ? 'ACTION_EXECUTED' : 'ACTION_FAILED',
      trace_id: body.trace_id,
      at: body.finished_at,
      data: {
        decision_id: body.decision_id,
        executor_id: body.executor_id,
        attempt: body.attempt,
        step: body.step,
        status: body.status,
        code: body.error?.code,
        class: body.error?.class,
        execution_time_ms: body.execution_time_ms,
      },
    },
  ],

  'action.answered': (body: ActionAnswered): CanonicalEvent[] =>
    body.answers.map((answer) => ({
      event: 'REQUEST_END',
      trace_id: answer.trace_id,
      at: answer.at,
      data: { status: answer.status, duration_ms: answer.duration_ms },
    })),

  'notification.delivered': (body: NotificationNews): CanonicalEvent[] => [notificationSettled(body)],
  'notification.failed': (body: NotificationNews): CanonicalEvent[] => [notificationSettled(body)],

  'job.finished': (body: JobFinished): CanonicalEvent[] =>
    body.runs.map(({ trace_id, at, ...data }) => ({
      event: data.status === 'completed' ? 'ACTION_EXECUTED' : 'ACTION_FAILED',
      trace_id,
      at,
      data,
    })),

  dead_letter: (body: DeadLetter): CanonicalEvent[] =>
    body.trace_id === undefined
      ? []
      : [
          {
            event: 'DEAD_LETTERED',
            trace_id: body.trace_id,
            at: body.last_failure_at,
            data: { actor: body.actor, subject: body.subject, code: body.error.code, attempts: body.attempts },
          },
        ],

  'dead_letter.acted': (body: DeadLetterActed): CanonicalEvent[] =>
    body.acts.map(({ trace_id, at, ...data }) => ({ event: 'DEAD_LETTERED', trace_id, at, data })),
} as const;

export type AuditedType = keyof typeof eventsOf;

type LastVerdict = GateVerdict['verdict'];

function deniedBy(reasons: readonly ReasonCode[]): LastVerdict {
  return reasons.includes('GATE_ERROR') ? 'error' : 'deny';
}

/** `gates`: µs of each gate that was asked, in order; all let it pass but, unless `verdict` is `pass`, the last. */
function gatesEvaluated(body: { trace_id: string; decision: Decision }, verdict: LastVerdict, step?: string): CanonicalEvent {
  const { decision_id, decided_at, micros } = body.decision;
  const gates: Record<string, number> = {};
  for (let index = 0; index < micros.length; index++) gates[GATES[index] ?? ''] = micros[index] ?? 0;
  return {
    event: 'GATE_EVALUATED',
    trace_id: body.trace_id,
    at: decided_at,
    data: { decision_id, step, verdict, gate: verdict === 'pass' ? undefined : GATES[micros.length - 1], gates },
  };
}

type Ran = Pick<ActionCompleted, 'trace_id' | 'decision_id' | 'executor_id' | 'attempt' | 'started_at' | 'finished_at'>;

function started(body: Ran, step?: string): CanonicalEvent[] {
  const data = { decision_id: body.decision_id, executor_id: body.executor_id, attempt: body.attempt, step };
  return [
    { event: 'EXECUTOR_SELECTED', trace_id: body.trace_id, at: body.started_at, data },
    { event: 'ACTION_STARTED', trace_id: body.trace_id, at: body.started_at, data },
  ];
}

function notificationSettled(body: NotificationNews): CanonicalEvent {
  return {
    event: 'NOTIFICATION_SETTLED',
    trace_id: body.trace_id,
    at: body.at,
    data: {
      notification_id: body.notification_id,
      delivery_id: body.delivery_id,
      status: body.status,
      channel: body.channel,
      provider: body.provider,
      attempts: body.attempts,
      fallbacks: body.fallbacks,
      code: body.code,
    },
  };
}

function validated(body: Ran, step?: string): CanonicalEvent {
  return {
    event: 'RESULT_VALIDATED',
    trace_id: body.trace_id,
    at: body.finished_at,
    data: { executor_id: body.executor_id, attempt: body.attempt, step, valid: true },
  };
}
