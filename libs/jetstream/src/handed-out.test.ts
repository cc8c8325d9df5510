import type { Msg } from '@nats-io/nats-core';
import { describe, expect, test } from 'vitest';
import { handedOut } from './handed-out.ts';

function given(reply: string) {
  const told: string[] = [];
  const message = { subject: 'action.requested', reply, data: new Uint8Array(), respond: (word: string) => told.push(word) > 0 };
  return { message: handedOut(message as unknown as Msg), told };
}

test.each([
  ['of a server without a domain', '$JS.ACK.ACTIONS.record-actions.3.4711.99.1763700000000000000.12'],
  ['of one in a domain', '$JS.ACK.hub.ACCOUNT.ACTIONS.record-actions.3.4711.99.1763700000000000000.12'],
  [
    'of one in a domain, with a token at the end',
    '$JS.ACK.hub.ACCOUNT.ACTIONS.record-actions.3.4711.99.1763700000000000000.12.xyz',
  ],
])('a message %s says where it comes from', (_, reply) => {
  const { seq, info, subject } = given(reply).message;
  expect({ seq, info, subject }).toEqual({
    seq: 4711,
    info: { stream: 'ACTIONS', deliveryCount: 3 },
    subject: 'action.requested',
  });
});

describe('what is told to the server', () => {
  test.each<[string, (message: ReturnType<typeof handedOut>) => void]>([
    ['+ACK', (message) => message.ack()],
    ['-NAK', (message) => message.nak()],
    ['-NAK {"delay":1500000000}', (message) => message.nak(1_500)],
    ['+TERM bad', (message) => message.term('bad')],
    ['+WPI', (message) => message.working()],
  ])('%s', (word, tell) => {
    const { message, told } = given('$JS.ACK.ACTIONS.a.1.2.3.4.5');
    tell(message);
    expect(told).toEqual([word]);
  });
});
