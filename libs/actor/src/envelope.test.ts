import { HEADER } from '@techno/contracts';
import { expect, it } from 'vitest';
import { done } from './testing/orders.ts';
import { carriedHeaders, envelope } from './envelope.ts';

const from = { causeId: 'cause', source: 'worker', traceparent: '00-a-b-01', now: '2026-01-01T00:00:00.000Z' };

it('wraps a body as a CloudEvent in binary mode', () => {
  expect(envelope(done, { n: 1 }, from)).toEqual({
    subject: 'test.done.1',
    stream: 'ACTIONS',
    id: 'cause.worker.test.done.1',
    headers: {
      traceparent: '00-a-b-01',
      'ce-id': 'cause.worker.test.done.1',
      'ce-type': 'test.done',
      'ce-source': 'worker',
      'ce-time': '2026-01-01T00:00:00.000Z',
      'ce-specversion': '1.0',
    },
    data: '{"n":1}',
  });
});

it('has the same id for the same cause, source and subject only', () => {
  const id = (n: number, more: object = {}) => envelope(done, { n }, { ...from, ...more }).id;
  expect(id(1)).toBe(id(1, { now: 'later', traceparent: 'other' }));
  expect(new Set([id(1), id(2), id(1, { causeId: 'other' }), id(1, { source: 'other' })]).size).toBe(4);
});

it('carries on who waits and how often it was replayed, and nothing else', () => {
  const headers: Record<string, string> = {
    [HEADER.replyTo]: 'inbox',
    [HEADER.replay]: '2',
    [HEADER.attempt]: '3',
    [HEADER.eventId]: 'cause',
    other: 'x',
  };
  const carried = carriedHeaders((name) => headers[name]);
  expect(carried).toEqual({ [HEADER.replyTo]: 'inbox', [HEADER.replay]: '2' });
  expect(envelope(done, { n: 1 }, { ...from, carried }).headers).toMatchObject({ ...carried, [HEADER.eventSource]: 'worker' });
  expect(carriedHeaders(() => undefined)).toEqual({});
  expect(carriedHeaders(() => '')).toEqual({});
});
