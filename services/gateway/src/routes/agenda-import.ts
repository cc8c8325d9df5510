import { AGENDA_RECIPIENTS_MAX, importCalendar, importedCalendar } from '@techno/contracts';
import { defineRoute, HttpProblem, type Route } from '@techno/http';
import { type Bus, request } from '@techno/jetstream';
import { SECOND } from '@techno/kernel';
import { z } from 'zod';
import type { FindCaller } from '../callers.ts';
import { agendaCallers } from './agenda-shared.ts';

/** Reading a large file takes a while. */
const TIMEOUT_MS = 20 * SECOND;

const contacts = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => [given].flat().flatMap((one) => one.split(',').map((id) => id.trim())))
  .pipe(z.array(z.string().min(1).max(128)).max(AGENDA_RECIPIENTS_MAX));

/** iCalendar files, as calendars export them. */
export function agendaImportRoute({ bus, caller }: { bus: Bus; caller: FindCaller }): Route {
  const { principalOf } = agendaCallers(caller);
  return defineRoute({
    tags: ['agenda'],
    security: 'credential',
    method: 'POST',
    path: '/v1/agenda/import',
    operationId: 'importCalendar',
    summary: 'Take in an iCalendar file',
    description:
      'The body is the file itself (text/calendar, RFC 5545, at most 2,000 events and to-dos): recurring events with their exceptions, time ' +
      'zones, to-dos. An item is known by its UID: a second import updates it. What cannot be taken is listed in `refused`, the rest is ' +
      'taken. Attendees of the file are not reminded: `recipients` are.',
    query: z.object({
      recipients: contacts
        .optional()
        .describe('Contacts, comma-separated or repeated. Without: known items keep theirs, new ones have none'),
      time_zone: z
        .string()
        .min(1)
        .max(64)
        .default('UTC')
        .describe('Of times that name none, unless the file says (X-WR-TIMEZONE)'),
      context_id: z.string().min(1).max(256).default('default'),
    }),
    rawBody: true,
    responses: {
      200: { description: 'Taken in', schema: importedCalendar },
      413: { description: 'More than 2,000 items, or more bytes than the gateway takes' },
      422: { description: 'No iCalendar file, or an unknown contact or zone' },
    },
    async handler(context) {
      const by = await principalOf(context);
      const input = { ...context.query, by, calendar: textOf(context.rawBody) };
      return { status: 200, body: await request(bus, importCalendar, input, TIMEOUT_MS) };
    },
  });
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new HttpProblem(422, 'CALENDAR_INVALID', { detail: 'the file is not UTF-8', cause });
  }
}
