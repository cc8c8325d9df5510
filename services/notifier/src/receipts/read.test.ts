import { expect, it, test } from 'vitest';
import { readReceipts } from './read.ts';

test.each([
  ['version 2', { keyId: 'A', status: 'DELIVERY_ACK' }, [{ messageId: 'A', status: 'DELIVERED' }]],
  ['version 1', { key: { id: 'A' }, status: 'READ' }, [{ messageId: 'A', status: 'READ' }]],
  ['an update inside', { key: { id: 'A' }, update: { status: 'PLAYED' } }, [{ messageId: 'A', status: 'READ' }]],
  [
    'several',
    [
      { keyId: 'A', status: 'SERVER_ACK' },
      { keyId: 'B', status: 'ERROR' },
    ],
    [
      { messageId: 'A', status: 'SENT' },
      { messageId: 'B', status: 'FAILED' },
    ],
  ],
  ['a state unknown here', { keyId: 'A', status: 'SEEN_FROM_SPACE' }, []],
  ['no id', { status: 'READ' }, []],
  ['nothing', null, []],
])('%s', (_name, data, expected) => {
  expect(readReceipts('whatsapp', { event: 'messages.update', data })).toEqual(expected);
});

it('passes over other events, other channels and nonsense', () => {
  expect(readReceipts('whatsapp', { event: 'messages.upsert', data: { keyId: 'A', status: 'READ' } })).toEqual([]);
  expect(readReceipts('sms', { event: 'messages.update', data: { keyId: 'A', status: 'READ' } })).toEqual([]);
  for (const report of [undefined, null, 1, 'x', [], [[]]]) expect(readReceipts('whatsapp', report)).toEqual([]);
});
