import { describe, expect, it } from 'vitest';
import {
  type ActionAllowed,
  actionAllowed,
  type ActionAnswered,
  actionAnswered,
  type ActionCompleted,
  actionCompleted,
  type ActionDenied,
  actionDenied,
  type ActionFailed,
  actionFailed,
  type ActionRequested,
  actionRequested,
  type Decision,
} from './actions.ts';
import { type AuditedType, CANONICAL_EVENTS, type CanonicalEvent, eventsOf } from './canonical-events.ts';
import { type DeadLetter, deadLettered } from './dead-letter.ts';
import { type DeadLetterActed, deadLetterActed } from './dlq-messages.ts';
import { type JobFinished, jobFinished } from './jobs.ts';
import { notificationDelivered, notificationFailed, type NotificationNews } from './notifications.ts';
import { type StepDecided, stepDecided, type StepEnded, stepEnded } from './steps.ts';

/** Planted wherever a message holds what an event must not: payloads, results, addresses, credentials, signatures, free text. */
const CANARY = 'canary-7f3a';
const TRACE = `tr_${'a'.repeat(32)}`;
const AT = '2026-11-21T00:00:00.000Z';
const LATER = '2026-11-21T00:00:01.000Z';

const secret = { note: CANARY, nested: [{ [CANARY]: true }] };
const decision: Decision = {
  decision_id: 'dec_1',
  policy_revision: 3,
  micros: [1, 2],
  input_hash: 'f'.repeat(64),
  decided_at: LATER,
};
const request = { action: 'echo', context_id: 'demo', payload: secret };
const principal = { id: 'key_1', kind: 'api_key', role: 'ops' } as const;
const ended = {
  trace_id: TRACE,
  decision_id: 'dec_1',
  action: 'echo',
  executor_id: 'echo_executor_v1',
  attempt: 2,
  started_at: AT,
  finished_at: LATER,
  execution_time_ms: 4,
  replay: 0,
};

const requested: ActionRequested = {
  trace_id: TRACE,
  origin: 'api',
  credential: { kind: 'api_key', hash: CANARY },
  address: CANARY,
  request,
  bytes: 99,
  nonce: CANARY,
  received_at: AT,
  replay: 0,
};
const allowed: ActionAllowed = {
  trace_id: TRACE,
  request,
  principal,
  decision,
  allow: { executor: 'echo_executor_v1', fallbacks: [], expires_at: LATER, key_id: 'k', signature: CANARY },
  received_at: AT,
  replay: 0,
};
const denied: ActionDenied = {
  trace_id: TRACE,
  action: 'echo',
  context_id: 'demo',
  decision,
  gate: 'G1',
  reason_codes: ['AUTHENTICATION_MISSING'],
  message: CANARY,
  received_at: AT,
  replay: 0,
};
const completed: ActionCompleted = { ...ended, result: secret };
const failed: ActionFailed = {
  ...ended,
  status: 'FAILED',
  error: { code: 'UPSTREAM_DOWN', message: CANARY, class: 'upstream' },
  partial: secret,
};
const stepAllowed: StepDecided = {
  trace_id: TRACE,
  step: 'fetch',
  action: 'echo',
  context_id: 'demo',
  principal,
  decision,
  outcome: 'ALLOW',
  executor: 'echo_executor_v1',
  replay: 0,
};
const stepCompleted: StepEnded = {
  trace_id: TRACE,
  step: 'fetch',
  decision_id: 'dec_1',
  executor_id: 'echo_executor_v1',
  attempt: 1,
  started_at: AT,
  finished_at: LATER,
  execution_time_ms: 4,
  status: 'COMPLETED',
};
const answered: ActionAnswered = {
  answers: [
    { trace_id: TRACE, status: 200, at: AT, duration_ms: 5 },
    { trace_id: `tr_${'b'.repeat(32)}`, status: 403, at: LATER, duration_ms: 1 },
  ],
};
const deadLetter: DeadLetter = {
  actor: 'execute',
  stream: 'ACTIONS',
  stream_seq: 7,
  subject: 'action.allowed.echo_executor_v1',
  headers: { authorization: CANARY },
  payload: CANARY,
  encoding: 'json',
  trace_id: TRACE,
  error: { code: 'ALLOW_INVALID', message: CANARY, stack: CANARY },
  attempts: 3,
  first_failure_at: AT,
  last_failure_at: LATER,
};

const deadLetterWasActedOn: DeadLetterActed = {
  acts: [
    { act_id: 1, trace_id: TRACE, at: AT, action: 'replay_requested', by: 'key_1', dead_letter_id: 7, job_id: 'rj_1', replay: 1 },
    {
      act_id: 2,
      trace_id: TRACE,
      at: LATER,
      action: 'discarded',
      by: 'gates',
      dead_letter_id: 8,
      code: 'AUTHENTICATION_REVOKED',
    },
  ],
};

const notified: NotificationNews = {
  notification_id: 'ntf_1',
  delivery_id: 'dlv_1',
  trace_id: TRACE,
  channel: 'email',
  provider: 'smtp',
  status: 'SENT',
  attempts: 1,
  fallbacks: 0,
  at: LATER,
};
const notNotified: NotificationNews = { ...notified, status: 'FAILED', code: 'SMTP_550' };

const jobsFinished: JobFinished = {
  runs: [
    {
      run_id: 'run_1',
      trace_id: TRACE,
      job_name: 'event-reminder',
      status: 'completed',
      trigger: 'tick',
      scheduled_at: AT,
      at: LATER,
      runtime_seconds: 0.2,
    },
    {
      run_id: 'run_2',
      trace_id: TRACE,
      job_name: 'user-schedule',
      schedule_id: 'sch_1',
      status: 'missed',
      reason: 'CATCH_UP_WINDOW',
      trigger: 'tick',
      scheduled_at: AT,
      at: LATER,
    },
  ],
};

/** Every audited type with its contract, a full message, and the events it is. A type without a row does not compile. */
const CASES: { [Type in AuditedType]: [schema: { parse(body: unknown): unknown }, events: CanonicalEvent[], names: string[]] } = {
  'action.requested': [actionRequested.schema, eventsOf['action.requested'](requested), ['REQUEST_START']],
  'action.allowed': [actionAllowed.schema, eventsOf['action.allowed'](allowed), ['GATE_EVALUATED', 'DECISION']],
  'action.denied': [actionDenied.schema, eventsOf['action.denied'](denied), ['GATE_EVALUATED', 'DECISION']],
  'action.completed': [
    actionCompleted.schema,
    eventsOf['action.completed'](completed),
    ['EXECUTOR_SELECTED', 'ACTION_STARTED', 'RESULT_VALIDATED', 'ACTION_EXECUTED'],
  ],
  'action.failed': [
    actionFailed.schema,
    eventsOf['action.failed'](failed),
    ['EXECUTOR_SELECTED', 'ACTION_STARTED', 'ACTION_FAILED'],
  ],
  'action.step_decided': [stepDecided.schema, eventsOf['action.step_decided'](stepAllowed), ['GATE_EVALUATED', 'DECISION']],
  'action.step_ended': [
    stepEnded.schema,
    eventsOf['action.step_ended'](stepCompleted),
    ['EXECUTOR_SELECTED', 'ACTION_STARTED', 'RESULT_VALIDATED', 'ACTION_EXECUTED'],
  ],
  'action.answered': [actionAnswered.schema, eventsOf['action.answered'](answered), ['REQUEST_END', 'REQUEST_END']],
  'notification.delivered': [
    notificationDelivered.schema,
    eventsOf['notification.delivered'](notified),
    ['NOTIFICATION_SETTLED'],
  ],
  'notification.failed': [notificationFailed.schema, eventsOf['notification.failed'](notNotified), ['NOTIFICATION_SETTLED']],
  'job.finished': [jobFinished.schema, eventsOf['job.finished'](jobsFinished), ['ACTION_EXECUTED', 'ACTION_FAILED']],
  dead_letter: [deadLettered.schema, eventsOf.dead_letter(deadLetter), ['DEAD_LETTERED']],
  'dead_letter.acted': [
    deadLetterActed.schema,
    eventsOf['dead_letter.acted'](deadLetterWasActedOn),
    ['DEAD_LETTERED', 'DEAD_LETTERED'],
  ],
};
const MESSAGES: { [Type in AuditedType]: unknown } = {
  'action.requested': requested,
  'action.allowed': allowed,
  'action.denied': denied,
  'action.completed': completed,
  'action.failed': failed,
  'action.step_decided': stepAllowed,
  'action.step_ended': stepCompleted,
  'action.answered': answered,
  'notification.delivered': notified,
  'notification.failed': notNotified,
  'job.finished': jobsFinished,
  dead_letter: deadLetter,
  'dead_letter.acted': deadLetterWasActedOn,
};
const TYPES = Object.keys(CASES) as AuditedType[];

describe.each(TYPES)('%s', (type) => {
  const [schema, events, names] = CASES[type];

  it('is tried with a message that its contract accepts', () => {
    expect(schema.parse(MESSAGES[type])).toEqual(MESSAGES[type]);
  });

  it('is these events, in this order', () => {
    expect(events.map(({ event }) => event)).toEqual(names);
  });

  it('shows no payload, result, address, credential, signature or free text', () => {
    expect(JSON.stringify(events)).not.toContain(CANARY);
  });

  it('gives every event a trace and a time that exist', () => {
    for (const { trace_id, at } of events) {
      expect(trace_id).toMatch(/^tr_[0-9a-f]{32}$/);
      expect([AT, LATER]).toContain(at);
    }
  });
});

it('plants the canary in every message that holds anything private', () => {
  const nothingPrivate: AuditedType[] = [
    'action.answered',
    'action.step_decided',
    'action.step_ended',
    'dead_letter.acted',
    'job.finished',
    'notification.delivered',
    'notification.failed',
  ];
  expect(TYPES.filter((type) => !JSON.stringify(MESSAGES[type]).includes(CANARY)).sort()).toEqual(nothingPrivate);
});

it('tells all of the eleven', () => {
  const told = new Set(TYPES.flatMap((type) => CASES[type][1].map(({ event }) => event)));
  expect(CANONICAL_EVENTS.filter((event) => !told.has(event))).toEqual([]);
  expect(CANONICAL_EVENTS).toHaveLength(11);
});

it('covers every type that is told', () => {
  expect(Object.keys(eventsOf).sort()).toEqual([...TYPES].sort());
});

it.each<[string, ActionRequested['credential'], string]>([
  ['no credential', { kind: 'none' }, 'none'],
  ['a key', { kind: 'api_key', hash: CANARY }, 'api_key'],
  ['a webhook', { kind: 'webhook', source: CANARY }, 'webhook'],
  ['a delegate', { kind: 'delegate', by: CANARY, owner: CANARY }, 'delegate'],
])('of %s only the kind is told', (_name, credential, kind) => {
  const [event] = eventsOf['action.requested']({ ...requested, credential });
  expect(event?.data['credential']).toBe(kind);
  expect(JSON.stringify(event)).not.toContain(CANARY);
});

it('a decision tells who, what, why and under which revision', () => {
  expect(eventsOf['action.allowed'](allowed)[1]?.data).toMatchObject({
    decision: 'ALLOW',
    decision_id: 'dec_1',
    policy_revision: 3,
    principal: 'key_1',
    role: 'ops',
    action: 'echo',
    executor: 'echo_executor_v1',
  });
  expect(eventsOf['action.denied']({ ...denied, principal })[1]?.data).toMatchObject({
    decision: 'DENY',
    principal: 'key_1',
    gate: 'G1',
    reason_codes: ['AUTHENTICATION_MISSING'],
  });
  expect(eventsOf['action.denied'](denied)[0]?.data).toEqual({
    decision_id: 'dec_1',
    step: undefined,
    verdict: 'deny',
    gate: 'G1',
    gates: { G0: 1, G1: 2 },
  });
});

it('a dead letter of no trace is no event: there is nothing to add it to', () => {
  expect(eventsOf.dead_letter({ ...deadLetter, trace_id: undefined })).toEqual([]);
});

it('every event of a step names the step', () => {
  const denied: StepDecided = {
    ...stepAllowed,
    outcome: 'DENY',
    executor: undefined,
    gate: 'G10',
    reason_codes: ['ACTION_NOT_AUTHORIZED'],
  };
  const events = [...eventsOf['action.step_decided'](denied), ...eventsOf['action.step_ended'](stepCompleted)];
  expect(events.map(({ data }) => data['step'])).toEqual(events.map(() => 'fetch'));
  expect(events[1]?.data).toMatchObject({ decision: 'DENY', gate: 'G10', reason_codes: ['ACTION_NOT_AUTHORIZED'] });
});

it.each(['FAILED', 'UNKNOWN'] as const)('a step that ended %s is a failure and no validated result', (status) => {
  const error = { code: 'UPSTREAM_DOWN', class: 'upstream' } as const;
  const events = eventsOf['action.step_ended']({ ...stepCompleted, status, error });
  expect(events.map(({ event }) => event)).toEqual(['EXECUTOR_SELECTED', 'ACTION_STARTED', 'ACTION_FAILED']);
  expect(events[2]?.data).toMatchObject({ status, code: 'UPSTREAM_DOWN', class: 'upstream' });
});
