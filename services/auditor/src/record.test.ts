import { CANONICAL_EVENTS, eventsOf, HEADER } from '@techno/contracts';
import { describe, expect, it } from 'vitest';
import { recordActions, recordDeadLetters, recordJobs, recordNotifications } from './actors/record-actions.ts';
import { recordOf } from './record.ts';
import {
  acted,
  allowed,
  answered,
  buried,
  completed,
  decision,
  denied,
  failed,
  notified,
  ran,
  received,
  requested,
  stepDecided,
  stepEnded,
  TRACE,
} from './record.fixture.ts';

const messages: [string, unknown, string, string[]][] = [
  ['action.requested', requested, 'requested:0', ['REQUEST_START']],
  ['action.allowed', allowed, `decided:dec_1@${allowed.decision.decided_at}`, ['GATE_EVALUATED', 'DECISION']],
  ['action.denied', denied, `decided:dec_1@${allowed.decision.decided_at}`, ['GATE_EVALUATED', 'DECISION']],
  [
    'action.completed',
    completed,
    'ended:dec_1:1',
    ['EXECUTOR_SELECTED', 'ACTION_STARTED', 'RESULT_VALIDATED', 'ACTION_EXECUTED'],
  ],
  ['action.failed', failed, 'ended:dec_1:1', ['EXECUTOR_SELECTED', 'ACTION_STARTED', 'ACTION_FAILED']],
  ['action.answered', answered, 'answered:2026-11-20T10:00:04.000Z', ['REQUEST_END']],
  ['action.step_decided', stepDecided, `decided:dec_step@${stepDecided.decision.decided_at}`, ['GATE_EVALUATED', 'DECISION']],
  [
    'action.step_ended',
    stepEnded,
    'ended:dec_step:first:1',
    ['EXECUTOR_SELECTED', 'ACTION_STARTED', 'RESULT_VALIDATED', 'ACTION_EXECUTED'],
  ],
  ['dead_letter', buried, 'dead:execute-echo_executor_v1:0', ['DEAD_LETTERED']],
  ['dead_letter.acted', acted, 'acted:7', ['DEAD_LETTERED']],
  ['job.finished', ran, 'job:run_1:completed', ['ACTION_EXECUTED']],
  ['notification.delivered', notified, 'notified:dlv_1', ['NOTIFICATION_SETTLED']],
  ['notification.failed', { ...notified, status: 'FAILED' }, 'notified:dlv_1', ['NOTIFICATION_SETTLED']],
];

describe.each(messages)('%s', (type, body, key, events) => {
  it('is one row of its action, under a key that says what happened', () => {
    const { entries } = recordOf(received(type, body));
    expect(entries).toMatchObject([{ traceId: TRACE, key }]);
    expect(entries[0]?.events.map(({ event }) => event)).toEqual(events);
    for (const event of entries[0]?.events ?? []) expect(CANONICAL_EVENTS).toContain(event.event);
  });

  it('told twice, by whatever message, has the same key', () => {
    const again = received(type, structuredClone(body));
    expect(recordOf(again)).toEqual(recordOf(received(type, body)));
  });

  it('keeps payloads, credentials and addresses out of the trail', () => {
    expect(JSON.stringify(recordOf(received(type, body)).entries)).not.toMatch(/hunter2|203\.0\.113|"h"|"sig"/);
  });
});

it('every message that has canonical events is received and has a recorder', () => {
  const trail = { append: () => Promise.reject(new Error()), ofTrace: async () => [], head: async () => ({ seq: 0, hash: '' }) };
  const types = [
    recordActions({ trail }),
    recordDeadLetters({ trail }),
    recordNotifications({ trail }),
    recordJobs({ trail }),
  ].flatMap(({ receives }) => receives.map(({ type }) => type));
  expect(types).toEqual(expect.arrayContaining(Object.keys(eventsOf)));
  for (const type of types) expect(unrecorded(type)).toBe(false);
  expect(unrecorded('action.invented')).toBe(true);
});

function unrecorded(type: string): boolean {
  try {
    recordOf(received(type, {}));
    return false;
  } catch (error) {
    return String(error).includes('no recorder');
  }
}

const patchOf = (type: string, body: unknown) => recordOf(received(type, body)).patches;

describe('what a message changes in the read model', () => {
  it('is the next status, with what became known', () => {
    expect(patchOf('action.requested', requested)).toEqual([
      {
        traceId: TRACE,
        status: 'ACCEPTED',
        replay: 0,
        action: 'echo',
        contextId: 'default',
        origin: 'api',
        receivedAt: '2026-11-20T10:00:00.000Z',
      },
    ]);
    expect(patchOf('action.allowed', allowed)).toMatchObject([
      { status: 'ALLOWED', principal: 'key_1', decisionId: 'dec_1', decidedAt: decision.decided_at },
    ]);
    expect(patchOf('action.denied', denied)).toMatchObject([
      {
        status: 'DENIED',
        principal: 'key_1',
        gate: 'G1',
        reasonCodes: ['AUTHENTICATION_INVALID_KEY'],
        finishedAt: decision.decided_at,
      },
    ]);
    expect(patchOf('action.completed', completed)).toMatchObject([
      { status: 'COMPLETED', executorId: 'echo_executor_v1', result: { ok: true }, executionTimeMs: 12.5 },
    ]);
  });

  it('of a failure is the error, with what did succeed', () => {
    expect(patchOf('action.failed', failed)).toMatchObject([{ status: 'FAILED', error: failed.error }]);
    const partial = { steps: { first: { status: 'COMPLETED' } } };
    expect(patchOf('action.failed', { ...failed, status: 'UNKNOWN', partial })).toMatchObject([
      { status: 'UNKNOWN', error: { ...failed.error, partial } },
    ]);
  });

  it('of a dead letter is its error, by the replay its message belongs to', () => {
    const replayed = { ...buried, headers: { [HEADER.replay]: '2' } };
    expect(patchOf('dead_letter', replayed)).toEqual([
      {
        traceId: TRACE,
        status: 'DEAD_LETTERED',
        replay: 2,
        error: { code: 'ALLOW_INVALID', message: 'forged', actor: buried.actor },
        finishedAt: buried.last_failure_at,
      },
    ]);
    expect(recordOf(received('dead_letter', replayed)).entries[0]?.key).toBe('dead:execute-echo_executor_v1:2');
  });

  it('is nothing for a step, an answer, or a dead letter of no action', () => {
    expect(patchOf('action.step_decided', stepDecided)).toEqual([]);
    expect(patchOf('action.step_ended', stepEnded)).toEqual([]);
    expect(patchOf('action.answered', answered)).toEqual([]);
    expect(recordOf(received('dead_letter', { ...buried, trace_id: undefined }))).toEqual({ entries: [], patches: [] });
  });
});

describe('different things have different keys', () => {
  const keyOf = (type: string, body: unknown) => recordOf(received(type, body)).entries[0]?.key;
  it.each([
    ['replays of a request', keyOf('action.requested', requested), keyOf('action.requested', { ...requested, replay: 1 })],
    ['attempts', keyOf('action.failed', failed), keyOf('action.completed', { ...completed, attempt: 2 })],
    [
      'the steps of one attempt',
      keyOf('action.step_ended', stepEnded),
      keyOf('action.step_ended', { ...stepEnded, step: 'second' }),
    ],
    ['the actors that gave up', keyOf('dead_letter', buried), keyOf('dead_letter', { ...buried, actor: 'decide-action' })],
  ])('%s', (_what, one, other) => {
    expect(one).not.toBe(other);
  });

  it('each answer of a batch is a row of its own action', () => {
    const other = `tr_${'0d'.repeat(16)}`;
    const two = { answers: [...answered.answers, { ...answered.answers[0]!, trace_id: other }] };
    expect(recordOf(received('action.answered', two)).entries.map(({ traceId }) => traceId)).toEqual([TRACE, other]);
  });
});
