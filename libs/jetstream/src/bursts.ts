import { JetStreamStatus } from '@nats-io/jetstream/internal';
import { createInbox, type Msg, nanos } from '@nats-io/nats-core';
import { SECOND } from '@techno/kernel';
import type { Bus } from './bus.ts';
import { type HandedOut, handedOut } from './handed-out.ts';

/** Asks one pinned durable for what is there, when it suits the asker. One request at a time. */
export interface Bursts {
  /**
   * Up to `batch` messages; fewer where `forMs` is over first, none where nothing came or another replica is pinned. Rejects
   * where the server no longer serves the durable, or is silent.
   */
  ask(batch: number, forMs: number): Promise<HandedOut[]>;
  /** Ends the request under way with what has come. */
  close(): void;
}

const HEARTBEAT_MS = 1 * SECOND;
const SILENCE_MS = 3 * SECOND;

interface Asked {
  readonly subject: string;
  readonly batch: number;
  end(failure?: Error): void;
}

/**
 * The client's `consume` keeps a request open, so that each message wakes its process at the moment it is stored, and its `fetch`
 * forgets the pin. Whoever can wait asks for a tenth of a second's messages at once: they come in a few reads.
 */
export function openBursts(bus: Bus, { stream, durable, group }: { stream: string; durable: string; group: string }): Bursts {
  const inbox = createInbox(bus.inboxPrefix);
  let arrived: HandedOut[] = [];
  let requests = 0;
  let pin = '';
  let asked: Asked | undefined;
  let silence: NodeJS.Timeout | undefined;

  const subscription = bus.nc.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error !== null) return asked?.end(error);
      silence?.refresh();
      // The server's own words come to the address of the request; a message keeps the subject that it is stored under.
      if (message.subject.startsWith(inbox)) return heed(message);
      pin = message.headers?.get('Nats-Pin-Id') || pin;
      arrived.push(handedOut(message));
      if (asked !== undefined && arrived.length >= asked.batch) asked.end();
    },
  });

  function heed(message: Msg): void {
    const status = new JetStreamStatus(message);
    if (asked === undefined || message.subject !== asked.subject || status.code === 100) return;
    if (status.code === 423) pin = '';
    const isOver = [404, 408, 423].includes(status.code) || status.description.startsWith('Batch Completed');
    asked.end(isOver ? undefined : status.toError());
  }

  return {
    ask: (batch, forMs) =>
      new Promise((resolve, reject) => {
        const subject = `${inbox}.${requests++}`;
        const end = (failure?: Error) => {
          clearTimeout(silence);
          asked = undefined;
          if (failure !== undefined) return reject(failure);
          const messages = arrived;
          arrived = [];
          resolve(messages);
        };
        if (subscription.isClosed()) return end();
        asked = { subject, batch, end };
        silence = setTimeout(() => end(new Error('nats-server is silent')), SILENCE_MS);
        const request = {
          batch,
          expires: nanos(forMs),
          // The server wants two of them in a request.
          ...(forMs >= 2 * HEARTBEAT_MS ? { idle_heartbeat: nanos(HEARTBEAT_MS) } : {}),
          group,
          ...(pin === '' ? {} : { id: pin }),
        };
        try {
          bus.nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`, JSON.stringify(request), { reply: subject });
        } catch (error) {
          end(error instanceof Error ? error : new Error(String(error)));
        }
      }),
    close() {
      if (!subscription.isClosed()) subscription.unsubscribe();
      asked?.end();
    },
  };
}
