import { HEADER } from '@techno/contracts';
import type { Bus } from './bus.ts';

/** Hears what executors and gates tell the waiting process. `type` is the message's `ce-type`; `data` its JSON body. */
export function listenForReplies(bus: Bus, subject: string, onReply: (type: string, data: string) => void): () => Promise<void> {
  const subscription = bus.nc.subscribe(subject, {
    callback: (error, message) => {
      if (error === null) onReply(message.headers?.get(HEADER.eventType) ?? '', message.string());
    },
  });
  return async () => {
    if (!subscription.isClosed()) await subscription.drain();
  };
}
