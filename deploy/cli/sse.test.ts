import fc from 'fast-check';
import { expect, test } from 'vitest';
import { serverSentEvents } from './sse.ts';

async function read(chunks: readonly Uint8Array[]) {
  const events = [];
  for await (const event of serverSentEvents(
    (async function* () {
      yield* chunks;
    })(),
  ))
    events.push(event);
  return events;
}

const STREAM = ': welcome\n\nevent: DECISION\ndata: {"a":"ü"}\n\ndata: one\r\ndata: two\r\nid: 7\r\n\r\n:beat\n\ndata:x\n\n';
const EXPECTED = [
  { event: 'DECISION', data: '{"a":"ü"}' },
  { event: 'message', data: 'one\ntwo' },
  { event: 'message', data: 'x' },
];

test('events are the same however the bytes are cut', async () => {
  const bytes = new TextEncoder().encode(STREAM);
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      const chunks = at.slice(1).map((end, index) => bytes.slice(at[index], end));
      expect(await read(chunks)).toEqual(EXPECTED);
    }),
  );
});

test('an event that is cut off is none', async () => {
  expect(await read([new TextEncoder().encode('data: half')])).toEqual([]);
});
