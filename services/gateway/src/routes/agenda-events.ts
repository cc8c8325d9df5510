import {
  createEvent,
  deleteEvent,
  eventChange,
  eventDetail,
  eventInput,
  eventView,
  getEvent,
  listEvents,
  listOccurrences,
  occurrenceView,
  updateEvent,
} from '@techno/contracts';
import { defineRoute, type Route } from '@techno/http';
import { type Bus, request } from '@techno/jetstream';
import { z } from 'zod';
import type { FindCaller } from '../callers.ts';
import { agendaCallers, AGENDA_PAGE, agendaUnknown } from './agenda-shared.ts';

const time = z.iso.datetime({ offset: true });

/** Events and series of events: each caller's own, for roles with `agenda:manage`. */
export function agendaEventRoutes({ bus, caller }: { bus: Bus; caller: FindCaller }): Route[] {
  const { ownerOf, principalOf } = agendaCallers(caller);
  const shared = { tags: ['agenda'], security: 'credential' as const };
  const params = z.object({ id: z.string().max(80) });
  const noSuch = { 404: { description: 'No such event, or not yours' } };
  const refused = { 422: { description: 'A time, zone, rule or contact is none; `code` says which' } };
  return [
    defineRoute({
      ...shared,
      method: 'POST',
      path: '/v1/agenda/events',
      operationId: 'createEvent',
      summary: 'Put an event on the agenda',
      description: 'Its recipients are reminded once of each occurrence, within the hour before it starts.',
      body: eventInput,
      responses: {
        201: { description: 'Made', schema: eventView },
        409: { description: 'You have one of that `uid`' },
        ...refused,
      },
      async handler(context) {
        const by = await principalOf(context);
        const made = await request(bus, createEvent, { by, event: context.body });
        return { status: 201, headers: { location: `/v1/agenda/events/${made.id}` }, body: made };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/agenda/events',
      operationId: 'listEvents',
      summary: 'Events by their first start',
      description: 'A page may hold fewer than `limit`: go on as long as there is a `next`.',
      query: z.object({
        ...AGENDA_PAGE,
        from: time.optional().describe('With an occurrence that starts at or after'),
        to: time.optional().describe('With an occurrence that starts before'),
      }),
      responses: {
        200: { description: 'A page', schema: z.object({ events: z.array(eventView), next: z.string().optional() }) },
      },
      async handler(context) {
        const owner = await ownerOf(context, context.query.owner);
        return { status: 200, body: await request(bus, listEvents, { ...context.query, owner }) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/agenda/events/{id}',
      operationId: 'getEvent',
      summary: 'An event, with who was reminded of it',
      params,
      responses: { 200: { description: 'The event', schema: eventDetail }, ...noSuch },
      async handler(context) {
        const owner = await ownerOf(context);
        return { status: 200, body: await request(bus, getEvent, { id: context.params.id, owner }) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/agenda/events/{id}/occurrences',
      operationId: 'listOccurrences',
      summary: 'When an event comes round',
      params,
      query: z.object({
        from: time.optional().describe('Default: now'),
        to: time.optional(),
        limit: z.coerce.number().int().min(1).max(200).default(10),
      }),
      responses: {
        200: { description: 'In order', schema: z.object({ occurrences: z.array(occurrenceView) }) },
        ...noSuch,
      },
      async handler(context) {
        const owner = await ownerOf(context);
        return { status: 200, body: await request(bus, listOccurrences, { ...context.query, id: context.params.id, owner }) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'PATCH',
      path: '/v1/agenda/events/{id}',
      operationId: 'updateEvent',
      summary: 'Change what is named of an event',
      description:
        'An occurrence that was reminded of is not reminded of again because it moves, unless it is put off by an hour or more. One that ' +
        'was not is reminded of for its new time.',
      params,
      body: eventChange,
      responses: { 200: { description: 'As it is now', schema: eventView }, ...noSuch, ...refused },
      async handler(context) {
        const owner = await ownerOf(context);
        const input = { id: context.params.id, owner, change: context.body };
        return { status: 200, body: await request(bus, updateEvent, input) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'DELETE',
      path: '/v1/agenda/events/{id}',
      operationId: 'deleteEvent',
      summary: 'Take an event off the agenda, with all its occurrences',
      params,
      responses: { 204: { description: 'Removed' }, ...noSuch },
      async handler(context) {
        const owner = await ownerOf(context);
        const { deleted } = await request(bus, deleteEvent, { id: context.params.id, owner });
        if (!deleted) throw agendaUnknown('event', context.params.id);
        return { status: 204 };
      },
    }),
  ];
}
