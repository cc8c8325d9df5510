import { createInbox, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/nats-core';
import { TransientMap } from '@techno/kernel';

/** Publishes to a stream and awaits the PubAck, many at once over one subscription. */
export interface PubAcks {
  /** Resolves when the server has stored the message (or had it already, by its id). Rejects with what it said, or after `timeoutMs`. */
  publish(subject: string, data: Uint8Array, headers: MsgHdrs, timeoutMs: number): Promise<void>;
}

interface Waiting {
  readonly token: string;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly deadline: number;
}

const SWEEP_MS = 100;

/**
 * What `js.publish` does, without a timer, an AbortController and an Error for each message: at thousands of publishes a second
 * those were a tenth of a service's time. One timer looks through the waiting ones, in the order in which they were sent.
 */
export function createPubAcks(nc: NatsConnection, inboxPrefix: string): PubAcks {
  const inbox = createInbox(inboxPrefix);
  const waiting = new TransientMap<string, Waiting>();
  let sent = 0;
  let sweeping: NodeJS.Timeout | undefined;

  nc.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      const token = message.subject.slice(inbox.length + 1);
      const one = waiting.get(token);
      if (one === undefined) return;
      waiting.delete(token);
      const refusal = error ?? refusalOf(message);
      if (refusal === undefined) one.resolve();
      else one.reject(refusal);
    },
  });

  function sweep(): void {
    const now = performance.now();
    for (const one of waiting.values()) {
      if (one.deadline > now) continue;
      waiting.delete(one.token);
      one.reject(new Error('no PubAck in time'));
    }
    if (waiting.size === 0) {
      clearInterval(sweeping);
      sweeping = undefined;
    }
  }

  return {
    publish: (subject, data, headers, timeoutMs) =>
      new Promise((resolve, reject) => {
        const token = (sent++).toString(36);
        waiting.set(token, { token, resolve, reject, deadline: performance.now() + timeoutMs });
        sweeping ??= setInterval(sweep, SWEEP_MS);
        try {
          nc.publish(subject, data, { headers, reply: `${inbox}.${token}` });
        } catch (error) {
          waiting.delete(token);
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      }),
  };
}

/** Nothing where the ack says that the message is stored. */
function refusalOf(message: Msg): Error | undefined {
  if (message.data.length === 0) return new Error('no stream takes this subject');
  const text = message.string();
  // A PubAck is `{"stream":…,"seq":…}`; only a refusal holds an error, so only that is parsed.
  if (!text.includes('"error"')) return undefined;
  const { error } = JSON.parse(text) as { error?: { description?: string; err_code?: number } };
  return error === undefined ? undefined : new Error(`${error.description ?? 'refused'} (${error.err_code ?? 0})`);
}
