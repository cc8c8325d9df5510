import type { JsMsg } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/nats-core';

/** What is used of a stored message that a durable has given out. The client's own `JsMsg` is one. */
export type HandedOut = Pick<JsMsg, 'subject' | 'seq' | 'headers' | 'data' | 'ack' | 'nak' | 'term' | 'working'> & {
  readonly info: Pick<JsMsg['info'], 'stream' | 'deliveryCount'>;
};

const NANOS_PER_MS = 1e6;

/**
 * A message that came to an address of our own, for which the client offers no conversion. Its reply says where it comes from
 * (NATS ADR-15): `$JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<deliveries>.<stream seq>.…`
 */
export function handedOut(message: Msg): HandedOut {
  const tokens = (message.reply ?? '').split('.');
  const [stream = '', , deliveries, seq] = tokens.slice(tokens.length > 9 ? 4 : 2);
  const { subject, headers, data } = message;
  const tell = (word: string) => void message.respond(word);
  return {
    subject,
    seq: Number(seq),
    headers,
    data,
    info: { stream, deliveryCount: Number(deliveries) },
    ack: () => tell('+ACK'),
    nak: (delayMs) => tell(delayMs === undefined ? '-NAK' : `-NAK ${JSON.stringify({ delay: delayMs * NANOS_PER_MS })}`),
    term: (reason = '') => tell(`+TERM ${reason}`),
    working: () => tell('+WPI'),
  };
}
