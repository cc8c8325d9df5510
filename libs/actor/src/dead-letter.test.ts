import { deadLettered, HEADER, type Headers } from '@techno/contracts';
import { describe, expect, it } from 'vitest';
import { deadLetterId, deadLetterOf } from './dead-letter.ts';
import type { Failure } from './failure.ts';
import type { Delivery } from './transport.ts';

const NOW = Date.parse('2026-02-03T04:05:06.789Z');
const failure: Failure = { kind: 'terminal', code: 'GONE', message: 'gone', stack: 'x'.repeat(10_000), spendsAttempt: true };

function delivery(headers: Headers = {}, data: Uint8Array = Buffer.from('{"a":1}')): Delivery {
  return {
    stream: 'ACTIONS',
    subject: 'retry.ACTIONS.worker',
    seq: 42,
    deliveries: 1,
    place: '42',
    bytes: () => data,
    json: () => JSON.parse(Buffer.from(data).toString()) as unknown,
    header: (name) => headers[name],
    headers: () => headers,
    ack() {},
    nak() {},
    term() {},
    working() {},
  };
}

describe('deadLetterOf', () => {
  it('is what its contract says', () => {
    const letter = deadLetterOf(delivery(), 'worker', failure, 3, NOW);
    expect(deadLettered.schema.parse(JSON.parse(JSON.stringify(letter)))).toEqual(JSON.parse(JSON.stringify(letter)));
    expect(deadLettered.subject(letter)).toBe('dead_letter.worker');
    expect(letter).toMatchObject({ actor: 'worker', stream: 'ACTIONS', stream_seq: 42, attempts: 3 });
  });

  it.each<[string, Headers, object]>([
    ['its own subject', {}, { subject: 'retry.ACTIONS.worker' }],
    ['the subject of the first try', { [HEADER.originalSubject]: 'action.requested.api' }, { subject: 'action.requested.api' }],
    ['now as first failure', {}, { first_failure_at: '2026-02-03T04:05:06.789Z', last_failure_at: '2026-02-03T04:05:06.789Z' }],
    [
      'the first failure of an earlier try',
      { [HEADER.firstFailure]: '2026-02-03T04:00:00.000Z' },
      { first_failure_at: '2026-02-03T04:00:00.000Z', last_failure_at: '2026-02-03T04:05:06.789Z' },
    ],
    ['the trace', { [HEADER.traceparent]: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-00` }, { trace_id: `tr_${'1'.repeat(32)}` }],
    ['no trace where the header is none', { [HEADER.traceparent]: 'nonsense' }, { trace_id: undefined }],
    ['no trace where there is no header', {}, { trace_id: undefined }],
  ])('has %s', (_name, headers, expected) => {
    expect(deadLetterOf(delivery(headers), 'worker', failure, 1, NOW)).toMatchObject(expected);
  });

  it.each<[string, Uint8Array, string, string]>([
    ['JSON', Buffer.from('{"a":1}'), 'json', '{"a":1}'],
    ['any text', Buffer.from('héllo \u0000'), 'json', 'héllo \u0000'],
    ['nothing', Buffer.alloc(0), 'json', ''],
    ['bytes', Buffer.from([0xc3, 0x28]), 'base64', 'wyg='],
    ['half a surrogate', Buffer.from([0xed, 0xa0, 0x80]), 'base64', '7aCA'],
  ])('keeps %s as it came', (_name, data, encoding, payload) => {
    const letter = deadLetterOf(delivery({}, data), 'worker', failure, 1, NOW);
    expect(letter).toMatchObject({ encoding, payload });
    expect(Buffer.from(letter.payload, letter.encoding === 'base64' ? 'base64' : 'utf8')).toEqual(Buffer.from(data));
  });

  it('cuts the stack', () => {
    expect(deadLetterOf(delivery(), 'worker', failure, 1, NOW).error.stack).toHaveLength(4_000);
    expect(deadLetterOf(delivery(), 'worker', { ...failure, stack: undefined }, 1, NOW).error.stack).toBeUndefined();
  });
});

it.each<[Headers, string]>([
  [{}, 'ACTIONS.42.worker.0.dead_letter'],
  [{ [HEADER.eventId]: 'cause' }, 'cause.worker.0.dead_letter'],
  [{ [HEADER.eventId]: 'cause', [HEADER.replay]: '2' }, 'cause.worker.2.dead_letter'],
])('the id of a dead letter with headers %o is %s', (headers, expected) => {
  expect(deadLetterId(delivery(headers), 'worker')).toBe(expected);
});
