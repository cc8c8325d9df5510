import { z } from 'zod';
import { CANONICAL_EVENTS, type CanonicalEventName } from './canonical-events.ts';
import { EVENT_DOCS } from './event-fields.ts';
import { COMMON_FIELDS, type Field, FIELD_TYPES, LOG_MESSAGES, MESSAGE_FIELDS } from './log-fields.ts';
import { SERVICES } from './services.ts';

type Fields = Readonly<Record<string, Field>>;

const typesOf = (fields: Fields): Record<string, z.ZodType> =>
  Object.fromEntries(Object.entries(fields).map(([name, { type }]) => [name, FIELD_TYPES[type]]));
const optional = (fields: Fields): Record<string, z.ZodType> =>
  Object.fromEntries(Object.entries(typesOf(fields)).map(([name, type]) => [name, type.optional()]));

const common = {
  ...typesOf(COMMON_FIELDS),
  level: z.enum(['debug', 'info', 'warn', 'error', 'fatal']),
  service: z.enum(SERVICES),
};

/** A canonical event as a line: `data` has what docs/EVENTS.md says, and nothing else. */
function eventLine(event: CanonicalEventName) {
  const { layer, always, sometimes } = EVENT_DOCS[event];
  return z.strictObject({
    ...common,
    layer: z.literal(layer),
    event: z.literal(event),
    trace_id: FIELD_TYPES['trace id'],
    at: FIELD_TYPES.time,
    data: z.strictObject({ ...optional(sometimes), ...typesOf(always) }),
  });
}

const { msg: _msg, ...besides } = MESSAGE_FIELDS;
/** A process that could not start has not got as far as to know its id. */
const messageLine = z.strictObject({
  ...common,
  pid: FIELD_TYPES.integer.optional(),
  ...optional(besides),
  msg: z.enum(Object.keys(LOG_MESSAGES)),
});

const lines = new Map<string, z.ZodType>(CANONICAL_EVENTS.map((event) => [event, eventLine(event)]));

/** What is wrong with one line of a log, by the one schema that all services write; nothing where it is as documented. */
export function logLineFaults(line: string): string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return ['not JSON'];
  }
  if (typeof parsed !== 'object' || parsed === null) return ['not an object'];
  const event = 'event' in parsed ? String(parsed.event) : undefined;
  const schema = event === undefined ? messageLine : lines.get(event);
  if (schema === undefined) return [`event: '${event}' is none of the eleven`];
  const result = schema.safeParse(parsed);
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join('.') || 'line'}: ${message}`);
}
