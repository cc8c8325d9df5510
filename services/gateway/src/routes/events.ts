import { CANONICAL_EVENTS, type CanonicalEvent, eventsOf } from '@techno/contracts';
import { defineRoute, type Route } from '@techno/http';
import { type Bus, tail, type Tailed } from '@techno/jetstream';
import { errorMessage, TemporaryError } from '@techno/kernel';
import { z } from 'zod';
import type { FindCaller } from '../callers.ts';
import { ownEvents } from '../own-events.ts';

const query = z.object({
  event: z
    .union([z.enum(CANONICAL_EVENTS), z.array(z.enum(CANONICAL_EVENTS))])
    .optional()
    .describe('Only these; may be given several times'),
  trace_id: z.string().optional().describe('Only of this action'),
});

/** Messages before Last-Event-ID that are read again: actions decided among them may still be under way. */
const REWIND = 2_000;

/** `GET /v1/events/stream`: canonical events as they are published, from now or from `Last-Event-ID` on. */
export function eventsRoute({ bus, caller }: { bus: Bus; caller: FindCaller }): Route {
  return defineRoute({
    method: 'GET',
    path: '/v1/events/stream',
    operationId: 'streamEvents',
    summary: 'Canonical events, live (server-sent events)',
    description:
      'A caller without `actions:read:any` gets the events of its own actions. Reconnect with Last-Event-ID to miss nothing.',
    tags: ['events'],
    security: 'credential',
    query,
    responses: {
      200: {
        description: 'text/event-stream; `event` is the canonical event, `data` its JSON',
        contentType: 'text/event-stream',
      },
    },
    async handler(context) {
      const { onlyOf } = await caller(context, 'events:read');
      const wanted = new Set([context.query.event ?? CANONICAL_EVENTS].flat());
      const { trace_id: only } = context.query;
      // Known before the head goes out: what happens after a client has it is not missed.
      const position = await positionIn(bus, context.header('last-event-id'));
      return {
        status: 200,
        async stream(client) {
          const visible = ownEvents(onlyOf);
          const stop = new AbortController();
          const signal = AbortSignal.any([client.signal, stop.signal]);
          const follow = (stream: 'ACTIONS' | 'DEAD_LETTERS', subject: string, key: 'a' | 'd') => {
            const seen = position[key];
            return tail(
              bus,
              { stream, subject, afterSeq: Math.max(0, seen - (onlyOf === undefined ? 0 : REWIND)) },
              async (message) => {
                const events = visible(canonical(message));
                // Read again only to learn whose actions are under way.
                if (message.seq <= seen) return;
                position[key] = message.seq;
                const shown = events.filter((event) => wanted.has(event.event) && (only ?? event.trace_id) === event.trace_id);
                const id = `a${position.a}.d${position.d}`;
                shown.forEach((event, index) => {
                  // The id comes with the last event of its message: whoever loses the rest asks for the message again.
                  const last = message.lastOfSeq && index === shown.length - 1;
                  if (!client.send({ event: event.event, data: event, ...(last ? { id } : {}) })) stop.abort();
                });
              },
              signal,
            );
          };
          try {
            await Promise.all([follow('ACTIONS', 'action.>', 'a'), follow('DEAD_LETTERS', 'dead_letter.>', 'd')]);
          } finally {
            stop.abort();
          }
        },
      };
    },
  });
}

/**
 * `a<sequence of ACTIONS>.d<sequence of DEAD_LETTERS>`; without one, or with one of a stream that has since begun anew, now.
 * Throws TemporaryError NATS_UNAVAILABLE.
 */
async function positionIn(bus: Bus, lastEventId: string | undefined): Promise<{ a: number; d: number }> {
  const match = /^a(\d{1,15})\.d(\d{1,15})$/.exec(lastEventId ?? '');
  const last = async (stream: 'ACTIONS' | 'DEAD_LETTERS') => (await bus.jsm.streams.info(stream)).state.last_seq;
  try {
    const [a, d] = await Promise.all([last('ACTIONS'), last('DEAD_LETTERS')]);
    return { a: Math.min(Number(match?.[1] ?? a), a), d: Math.min(Number(match?.[2] ?? d), d) };
  } catch (cause) {
    throw new TemporaryError('NATS_UNAVAILABLE', `the streams do not answer: ${errorMessage(cause)}`, { cause });
  }
}

function canonical(message: Tailed): CanonicalEvent[] {
  if (!Object.hasOwn(eventsOf, message.type)) return [];
  const events = eventsOf[message.type as keyof typeof eventsOf] as (body: never) => CanonicalEvent[];
  return events(message.json() as never);
}
