import { envelope, type Transport } from '@techno/actor';
import {
  type CanonicalEvent,
  eventsOf,
  type MessageContract,
  notificationDelivered,
  notificationDispatched,
  notificationFailed,
  type NotificationNews,
} from '@techno/contracts';
import { type Clock, errorMessage, rfc3339 } from '@techno/kernel';
import type { Deliveries, News } from '@techno/storage';
import { createBell } from './bell.ts';

export interface TellerDeps {
  readonly deliveries: Pick<Deliveries, 'tell'>;
  readonly transport: Pick<Transport, 'publish'>;
  /** The traceparent of a trace's root. */
  readonly rootOf: (traceId: string) => string;
  readonly logEvents: (events: readonly CanonicalEvent[]) => void;
  readonly clock: Clock;
  readonly onProblem: (fields: { problem: string; part: string }) => void;
}

export interface Teller {
  once(): Promise<number>;
  /** Whenever it is poked, until the signal. */
  run(signal: AbortSignal): Promise<void>;
  /** There is something to tell: look now. */
  poke(): void;
}

const LIMIT = 200;
const CONTRACTS: Readonly<Record<News['type'], MessageContract<NotificationNews>>> = {
  'notification.dispatched': notificationDispatched,
  'notification.delivered': notificationDelivered,
  'notification.failed': notificationFailed,
};

/** Publishes what the record says is still to be told. It was written with what it tells of, so none is lost and each is told under one id. */
export function createTeller({ deliveries, transport, rootOf, logEvents, clock, onProblem }: TellerDeps): Teller {
  const once = () =>
    deliveries.tell(LIMIT, async (news) => {
      await Promise.all(
        news.map(({ id, type, body }) => {
          const message = envelope(CONTRACTS[type], body, {
            causeId: `news.${id}`,
            source: 'notifier',
            // The span that caused it has long ended; the root of its trace is known by the id.
            traceparent: rootOf(body.trace_id),
            now: rfc3339(clock.now()),
          });
          return transport.publish(message);
        }),
      );
      for (const { type, body } of news) if (type !== 'notification.dispatched') logEvents(eventsOf[type](body));
    });
  const bell = createBell();
  return {
    once,
    poke: bell.ring,
    async run(signal) {
      while (!signal.aborted) {
        const told = await once().catch((error: unknown) => {
          onProblem({ problem: errorMessage(error), part: 'tell' });
          return 0;
        });
        if (told < LIMIT) await bell.rung(signal);
      }
    },
  };
}
