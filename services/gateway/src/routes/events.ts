import { CANONICAL_EVENTS, type CanonicalEvent, eventsOf } from '@techno/contracts';
import { defineRoute, type Route } from '@techno/http';
import { type Bus, tail, type Tailed } from '@techno/jetstream';
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
      return {
        status: 200,
        async stream(client) {
          const visible = ownEvents(onlyOf);
          const position = positionOf(client.lastEventId);
          const stop = new AbortController();
          const signal = AbortSignal.any([client.signal, stop.signal]);
          const follow = (stream: 'ACTIONS' | 'DEAD_LETTERS', subject: string, key: 'a' | 'd') =>
            tail(
              bus,
              { stream, subjects: [subject], afterSeq: position[key] },
              async (message) => {
                position[key] = message.seq;
                const id = `a${position.a ?? ''}.d${position.d ?? ''}`;
                for (const event of visible(canonical(message))) {
                  if (!wanted.has(event.event) || (only !== undefined && event.trace_id !== only)) continue;
                  if (!client.send({ event: event.event, id, data: event })) stop.abort();
                }
              },
              signal,
            );
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

/** `a<sequence of ACTIONS>.d<sequence of DEAD_LETTERS>`, either part empty before its first event. */
function positionOf(lastEventId: string | undefined): { a: number | undefined; d: number | undefined } {
  const match = /^a(\d{0,15})\.d(\d{0,15})$/.exec(lastEventId ?? '');
  const number = (text: string | undefined) => (text ? Number(text) : undefined);
  return { a: number(match?.[1]), d: number(match?.[2]) };
}

function canonical(message: Tailed): CanonicalEvent[] {
  if (!Object.hasOwn(eventsOf, message.type)) return [];
  const events = eventsOf[message.type as keyof typeof eventsOf] as (body: never) => CanonicalEvent[];
  return events(JSON.parse(message.data) as never);
}
