import { HEADER, type Headers } from '@techno/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBatch, encodeEvent, headerOf, headersOf } from './event-batch.ts';

const names = Object.values(HEADER);
const headers = fc.dictionary(fc.constantFrom(...names), fc.string({ unit: 'binary', minLength: 1 }));
const body = fc.jsonValue();
const encoded = (events: readonly string[]) => Buffer.from(`[${events.join(',')}]`);

test('what goes in comes out: every header, every body, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(headers, body), { minLength: 1, maxLength: 8 }), (messages) => {
      const events = messages.map(([headers, body]) => encodeEvent({ headers, data: JSON.stringify(body) }) ?? '');
      const decoded = decodeBatch(encoded(events));
      // A lone surrogate cannot be written in UTF-8, on its own or in a batch.
      fc.pre(!JSON.stringify(messages.map(([headers]) => headers)).includes('\\ud'));
      expect(decoded?.map((event) => [headersOf(event), JSON.stringify(event.data)])).toEqual(
        messages.map(([headers, body]) => [headers, JSON.stringify(body)]),
      );
      for (const [index, [headers]] of messages.entries()) {
        for (const name of names) expect(headerOf(decoded?.[index] ?? { data: 0 }, name)).toBe(headers[name]);
      }
    }),
  );
});

test('is the batch format of CloudEvents', () => {
  const headers: Headers = {
    [HEADER.traceparent]: '00-1-2-01',
    [HEADER.eventId]: 'a',
    [HEADER.eventType]: 'action.requested',
    [HEADER.eventSource]: 'gateway',
    [HEADER.eventTime]: '2026-01-02T03:04:05.000Z',
    [HEADER.eventSpecVersion]: '1.0',
    [HEADER.replyTo]: 'result.g1',
    [HEADER.attempt]: '',
  };
  expect(JSON.parse(encodeEvent({ headers, data: '{"n":1}' }) ?? '')).toEqual({
    traceparent: '00-1-2-01',
    id: 'a',
    type: 'action.requested',
    source: 'gateway',
    time: '2026-01-02T03:04:05.000Z',
    specversion: '1.0',
    technoreplyto: 'result.g1',
    data: { n: 1 },
  });
});

test('a header without an attribute keeps its message out of any batch', () => {
  expect(encodeEvent({ headers: { [HEADER.eventId]: 'a', 'X-Other': 'b' }, data: '1' })).toBeUndefined();
});

test.each<[string, string | Uint8Array]>([
  ['nothing', ''],
  ['no JSON', '[{]'],
  ['no list', '{"data":1}'],
  ['an empty list', '[]'],
  ['a list of something else', '[{"data":1},2]'],
  ['an event without data', '[{"id":"a"}]'],
  ['no UTF-8', new Uint8Array([0xff, 0xfe])],
])('%s is no batch', (_what, data) => {
  expect(decodeBatch(Buffer.from(data))).toBeUndefined();
});
