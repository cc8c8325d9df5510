import type { Received } from '@techno/actor';
import type {
  ActionAllowed,
  ActionCompleted,
  ActionDenied,
  ActionFailed,
  ActionRequested,
  DeadLetter,
  DeadLetterActed,
  Decision,
  JobFinished,
  NotificationNews,
} from '@techno/contracts';

/** One message of each kind about one action, a second apart. */
export const TRACE = `tr_01a1fb000000${'5c'.repeat(10)}`;
const at = (second: number) => `2026-11-20T10:00:0${second}.000Z`;
const request = { action: 'echo', context_id: 'default', payload: { secret: 'hunter2' } };
export const decision: Decision = {
  decision_id: 'dec_1',
  policy_revision: 3,
  micros: [1, 2],
  input_hash: 'f'.repeat(64),
  decided_at: at(1),
};
const principal = { id: 'key_1', kind: 'api_key' as const, role: 'developer' };

export const requested: ActionRequested = {
  trace_id: TRACE,
  origin: 'api',
  credential: { kind: 'api_key', hash: 'h' },
  address: '203.0.113.7',
  request,
  bytes: 60,
  received_at: at(0),
  replay: 0,
};
export const allowed: ActionAllowed = {
  trace_id: TRACE,
  request,
  principal,
  decision,
  allow: { executor: 'echo_executor_v1', fallbacks: [], expires_at: at(9), key_id: 'k1', signature: 'sig' },
  received_at: at(0),
  replay: 0,
};
export const denied: ActionDenied = {
  trace_id: TRACE,
  action: 'echo',
  context_id: 'default',
  principal,
  decision,
  gate: 'G1',
  reason_codes: ['AUTHENTICATION_INVALID_KEY'],
  message: 'no',
  received_at: at(0),
  replay: 0,
};
const ended = {
  trace_id: TRACE,
  decision_id: 'dec_1',
  action: 'echo',
  executor_id: 'echo_executor_v1',
  attempt: 1,
  started_at: at(2),
  finished_at: at(3),
  execution_time_ms: 12.5,
  replay: 0,
};
export const completed: ActionCompleted = { ...ended, result: { ok: true } };
export const failed: ActionFailed = {
  ...ended,
  status: 'FAILED',
  error: { code: 'UPSTREAM_REJECTED', message: 'no', class: 'upstream' },
};
export const answered = { answers: [{ trace_id: TRACE, status: 200, at: at(4), duration_ms: 15 }] };
export const stepDecided = {
  trace_id: TRACE,
  step: 'first',
  action: 'echo',
  context_id: 'default',
  principal,
  decision: { ...decision, decision_id: 'dec_step' },
  outcome: 'ALLOW' as const,
  executor: 'echo_executor_v1',
  replay: 0,
};
export const stepEnded = {
  trace_id: TRACE,
  step: 'first',
  decision_id: 'dec_step',
  executor_id: 'echo_executor_v1',
  attempt: 1,
  started_at: at(2),
  finished_at: at(3),
  execution_time_ms: 1,
  status: 'COMPLETED' as const,
};
export const buried: DeadLetter = {
  actor: 'execute-echo_executor_v1',
  stream: 'ACTIONS',
  stream_seq: 7,
  subject: 'action.allowed.echo_executor_v1',
  headers: {},
  payload: '{"secret":"hunter2"}',
  encoding: 'json',
  trace_id: TRACE,
  error: { code: 'ALLOW_INVALID', message: 'forged' },
  attempts: 1,
  first_failure_at: at(2),
  last_failure_at: at(3),
};

export const acted: DeadLetterActed = {
  acts: [{ act_id: 7, trace_id: TRACE, at: at(5), action: 'replay_requested', by: 'key_1', dead_letter_id: 3 }],
};
export const ran: JobFinished = {
  runs: [
    {
      run_id: 'run_1',
      trace_id: TRACE,
      job_name: 'event-reminder',
      status: 'completed',
      trigger: 'tick',
      scheduled_at: at(5),
      at: at(6),
      runtime_seconds: 1,
    },
  ],
};
export const notified: NotificationNews = {
  notification_id: 'ntf_1',
  delivery_id: 'dlv_1',
  trace_id: TRACE,
  status: 'DELIVERED',
  attempts: 1,
  fallbacks: 0,
  at: at(6),
};

export const received = (type: string, body: unknown): Received => ({ type, body, streamSeq: 1 });
