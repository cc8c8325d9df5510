import type { Delivery } from '@techno/actor';
import type { StreamName } from '@techno/contracts';
import type { HandedOut } from './handed-out.ts';
import { messagesOf } from './messages-of.ts';

/** What one stored message delivers to an actor runtime: itself, or the events of a batch. */
export function deliveriesOf(message: HandedOut, atTurnEnd: (work: () => void) => void): Delivery[] {
  const { stream, deliveryCount: deliveries } = message.info;
  const { subject, seq } = message;
  const messages = messagesOf(message.headers, message.data);
  const settlement = settleTogether(message, messages.length, atTurnEnd);
  const working = () => message.working();
  return messages.map((one, index) => ({
    ...one,
    stream: stream as StreamName,
    subject,
    seq,
    place: messages.length === 1 ? String(seq) : `${seq}-${index}`,
    deliveries,
    working,
    ...settlement,
  }));
}

/**
 * A stored message is settled when all that it holds is: given back if any of it is, after the longest wait asked for. What
 * is termed was dead-lettered before; in a batch it is therefore done, like the others.
 */
function settleTogether(
  message: HandedOut,
  count: number,
  atTurnEnd: (work: () => void) => void,
): Pick<Delivery, 'ack' | 'nak' | 'term'> {
  let open = count;
  let waitMs: number | undefined;
  const settle = (end: () => void) => {
    if (--open > 0) return;
    const giveBackAfterMs = waitMs;
    atTurnEnd(giveBackAfterMs === undefined ? end : () => message.nak(giveBackAfterMs));
  };
  const ack = () => message.ack();
  return {
    ack: () => settle(ack),
    term: (reason) => settle(count === 1 ? () => message.term(reason) : ack),
    nak(delayMs) {
      waitMs = Math.max(waitMs ?? 0, delayMs);
      settle(ack);
    },
  };
}
