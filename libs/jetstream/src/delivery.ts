import type { JsMsg } from '@nats-io/jetstream';
import type { Delivery } from '@techno/actor';
import type { Headers, StreamName } from '@techno/contracts';

/** A JetStream message as an actor runtime sees it. */
export function deliveryOf(message: JsMsg, atTurnEnd: (work: () => void) => void): Delivery {
  let all: Headers | undefined;
  const headers = () => (all ??= headersOf(message));
  return {
    stream: message.info.stream as StreamName,
    subject: message.subject,
    seq: message.seq,
    deliveries: message.info.deliveryCount,
    data: message.data,
    header: (name) => headers()[name] || undefined,
    headers: () => ({ ...headers() }),
    ack: () => atTurnEnd(() => message.ack()),
    nak: (delayMs) => atTurnEnd(() => message.nak(delayMs)),
    term: (reason) => atTurnEnd(() => message.term(reason)),
    working: () => message.working(),
  };
}

/** Read once: the client's own lookup copies all names for each name it is asked for. */
function headersOf(message: JsMsg): Headers {
  // Without a prototype: a header may have any name.
  const all = Object.create(null) as Headers;
  for (const [name, values] of message.headers ?? []) all[name] = values[0] ?? '';
  return all;
}
