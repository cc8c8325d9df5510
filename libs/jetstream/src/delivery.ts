import type { JsMsg } from '@nats-io/jetstream';
import type { Delivery } from '@techno/actor';
import type { Headers, StreamName } from '@techno/contracts';

/** A JetStream message as an actor runtime sees it. */
export function deliveryOf(message: JsMsg, atTurnEnd: (work: () => void) => void): Delivery {
  return {
    stream: message.info.stream as StreamName,
    subject: message.subject,
    seq: message.seq,
    deliveries: message.info.deliveryCount,
    data: message.data,
    header: (name) => message.headers?.get(name) || undefined,
    headers() {
      const all: Headers = {};
      for (const [name, values] of message.headers ?? []) all[name] = values[0] ?? '';
      return all;
    },
    ack: () => atTurnEnd(() => message.ack()),
    nak: (delayMs) => atTurnEnd(() => message.nak(delayMs)),
    term: (reason) => atTurnEnd(() => message.term(reason)),
    working: () => message.working(),
  };
}
