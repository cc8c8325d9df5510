import { encodeEvent, type Encodable } from './event-batch.ts';

/** Enough that a message costs little more than its share; few enough that one replica with slow handlers does not hoard. */
const MAX_EVENTS = 32;
/** Characters; far below nats-server's limit of 1 MiB for one message. */
const MAX_LENGTH = 256 * 1024;

/** What is published to one subject in one turn of the event loop, as long as it goes into one message. */
export interface Gathering<Message> {
  /** False where it is full, or closed, or the message is one that must travel alone. */
  add(message: Message): boolean;
  /** Takes nothing more. One message as it is, or the events of a batch. */
  close(): { readonly single: Message } | { readonly events: readonly string[] };
}

export function gather<Message extends Encodable>(first: Message): Gathering<Message> {
  const messages = [first];
  const events: string[] = [];
  let length = 0;
  let open = true;

  /** The first is only encoded as an event once there is a second. */
  function encode(message: Message): boolean {
    const event = encodeEvent(message);
    if (event === undefined || length + event.length > MAX_LENGTH) return false;
    events.push(event);
    length += event.length;
    return true;
  }

  return {
    add(message) {
      if (!open || messages.length >= MAX_EVENTS) return false;
      if (messages.length === 1 && events.length === 0 && !encode(first)) return (open = false);
      if (!encode(message)) return false;
      messages.push(message);
      return true;
    },
    close() {
      open = false;
      return messages.length === 1 ? { single: first } : { events };
    },
  };
}
