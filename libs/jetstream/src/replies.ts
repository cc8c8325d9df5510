import { HEADER } from '@techno/contracts';
import type { Bus } from './bus.ts';
import { messagesOf } from './messages-of.ts';

/**
 * Hears what executors and gates tell the waiting process. `type` is the message's `ce-type`; `body` its parsed JSON, not yet
 * checked against anything. What is no JSON is not heard.
 */
export function listenForReplies(bus: Bus, subject: string, onReply: (type: string, body: unknown) => void): () => Promise<void> {
  const subscription = bus.nc.subscribe(subject, {
    callback: (error, message) => {
      // What a pull had delivered here keeps the subject that it is stored under; only what was published here is said to us.
      if (error !== null || message.subject !== subject) return;
      for (const { header, json } of messagesOf(message.headers, message.data)) {
        const body = parsed(json);
        if (body !== undefined) onReply(header(HEADER.eventType) ?? '', body);
      }
    },
  });
  return async () => {
    if (!subscription.isClosed()) await subscription.drain();
  };
}

function parsed(json: () => unknown): unknown {
  try {
    return json();
  } catch {
    return undefined;
  }
}
