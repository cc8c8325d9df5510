import { actionRequested, HEADER } from '@techno/contracts';
import { describe, expect, it } from 'vitest';
import { editedPayload, isReplayable, replayMessage } from './replay-message.ts';
import { allowed, requested, rowFixture, TRACEPARENT } from './row.fixture.ts';

const send = (row = rowFixture()) => replayMessage(row, TRACEPARENT, 0);

describe('an action', () => {
  it('that was allowed is asked for anew in the name of its principal', () => {
    const { message, awaited } = send();
    expect(awaited).toBe(true);
    expect(message).toMatchObject({ subject: 'action.requested.api', id: 'rj_1.7.1' });
    expect(message.headers).toMatchObject({
      [HEADER.replay]: '1',
      [HEADER.deadLetter]: '7',
      [HEADER.traceparent]: TRACEPARENT,
      [HEADER.eventType]: 'action.requested',
    });
    expect(actionRequested.schema.parse(JSON.parse(message.data))).toMatchObject({
      trace_id: allowed.trace_id,
      credential: { kind: 'delegate', by: 'replay:7', owner: 'key_1' },
      request: allowed.request,
      replay: 1,
    });
  });

  it('that a webhook asked for comes from one again', () => {
    const body = { ...allowed, principal: { id: 'webhook:shop', kind: 'webhook' as const, role: 'r' } };
    const { message } = send(rowFixture({ payload: JSON.stringify(body) }));
    expect(message.subject).toBe('action.requested.webhook');
  });

  it('that was not decided keeps its own credential and address', () => {
    const { message } = send(
      rowFixture({ actor: 'decide-action', subject: 'action.requested.api', payload: JSON.stringify(requested) }),
    );
    expect(JSON.parse(message.data)).toEqual({ ...requested, replay: 1 });
  });
});

describe('another message', () => {
  const headers = {
    'ce-id': 'original',
    'ce-type': 'notification.requested',
    'Nats-Msg-Id': 'x',
    'Nats-Expected-Stream': 'x',
    [HEADER.attempt]: '3',
    [HEADER.firstFailure]: 'then',
    [HEADER.originalSubject]: 'notification.requested',
    [HEADER.replyTo]: 'inbox',
    'Techno-Last-Error': 'X',
    custom: 'kept',
  };
  const row = rowFixture({ actor: 'deliver-email', subject: 'notification.requested', payload: '{"a":1}', headers });

  it('goes back to its subject as it was, under a fresh id and without what earlier tries left on it', () => {
    const { message, awaited } = send(row);
    expect(awaited).toBe(false);
    expect(message).toEqual({
      id: 'rj_1.7.1',
      stream: 'ACTIONS',
      subject: 'notification.requested',
      data: '{"a":1}',
      headers: {
        'ce-id': 'rj_1.7.1',
        'ce-type': 'notification.requested',
        custom: 'kept',
        traceparent: TRACEPARENT,
        [HEADER.replay]: '1',
        [HEADER.deadLetter]: '7',
      },
    });
  });

  it('goes to its actor alone where others would act on it', () => {
    const { message } = send(
      rowFixture({ actor: 'record-actions', subject: 'action.requested.api', payload: JSON.stringify(requested) }),
    );
    expect(message).toMatchObject({ subject: 'retry.ACTIONS.record-actions', data: JSON.stringify(requested) });
    expect(message.headers[HEADER.originalSubject]).toBe('action.requested.api');
  });

  it.each([
    ['text', { payload: '{}' }, true],
    ['bytes that are text', { payload: Buffer.from('hé').toString('base64'), encoding: 'base64' as const }, true],
    ['other bytes', { payload: Buffer.from([0xff, 0xfe]).toString('base64'), encoding: 'base64' as const }, false],
    ['nothing', { payload: '', encoding: 'base64' as const }, false],
  ])('of %s can be sent: %s', (_what, more, expected) => {
    expect(isReplayable(rowFixture({ actor: 'x', ...more }))).toBe(expected);
  });
});

describe('an edit', () => {
  it("replaces an action's own payload, and nothing of what surrounds it", () => {
    const { before, text } = editedPayload(rowFixture(), { id: 'b' });
    expect(before).toEqual({ id: 'a' });
    expect(JSON.parse(text)).toEqual({ ...allowed, request: { ...allowed.request, payload: { id: 'b' } } });
  });

  it('is measured again where the gates will look at its size', () => {
    const row = rowFixture({ actor: 'decide-action', subject: 'action.requested.api', payload: JSON.stringify(requested) });
    expect(JSON.parse(editedPayload(row, { id: 'longer' }).text).bytes).toBe(15);
  });

  it('replaces the whole of another message, poison too', () => {
    const row = rowFixture({ actor: 'x', payload: Buffer.from('{').toString('base64'), encoding: 'base64' });
    expect(editedPayload(row, { a: 1 })).toEqual({ before: row.payload, text: '{"a":1}' });
  });
});
