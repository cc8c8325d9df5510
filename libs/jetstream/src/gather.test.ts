import { HEADER } from '@techno/contracts';
import { expect, test } from 'vitest';
import type { Encodable } from './event-batch.ts';
import { gather } from './gather.ts';

const message = (id: string, data = '1'): Encodable => ({ headers: { [HEADER.eventId]: id }, data });
const ids = (closed: ReturnType<ReturnType<typeof gather>['close']>) =>
  'single' in closed ? 'single' : closed.events.map((event) => (JSON.parse(event) as { id: string }).id);

test('one message stays what it is', () => {
  const one = message('a');
  expect(gather(one).close()).toEqual({ single: one });
});

test('several become events, in order', () => {
  const gathering = gather(message('a'));
  expect([gathering.add(message('b')), gathering.add(message('c'))]).toEqual([true, true]);
  expect(ids(gathering.close())).toEqual(['a', 'b', 'c']);
});

test('takes nothing more once it is closed', () => {
  const gathering = gather(message('a'));
  gathering.close();
  expect(gathering.add(message('b'))).toBe(false);
});

test('takes 32, and what fits into 256 KiB', () => {
  const many = gather(message('0'));
  expect(Array.from({ length: 40 }, (_none, n) => many.add(message(String(n + 1)))).filter(Boolean)).toHaveLength(31);
  const large = gather(message('0', JSON.stringify('x'.repeat(200_000))));
  expect(large.add(message('1', JSON.stringify('x'.repeat(100_000))))).toBe(false);
  expect(large.add(message('2', JSON.stringify('x'.repeat(10_000))))).toBe(true);
  expect(ids(large.close())).toEqual(['0', '2']);
});

test('a message that cannot be an event neither joins others nor is joined', () => {
  const foreign: Encodable = { headers: { 'X-Other': '1' }, data: '1' };
  const first = gather(foreign);
  expect(first.add(message('b'))).toBe(false);
  expect(first.close()).toEqual({ single: foreign });
  const second = gather(message('a'));
  expect(second.add(foreign)).toBe(false);
  expect(second.add(message('b'))).toBe(true);
  expect(ids(second.close())).toEqual(['a', 'b']);
});
