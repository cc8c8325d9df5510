import type { Outgoing } from '@techno/actor';
import { HEADER, type Headers } from '@techno/contracts';

/** The content type of a message that holds several: the batch mode of CloudEvents' JSON format. */
export const EVENT_BATCH = 'application/cloudevents-batch+json';
export const CONTENT_TYPE = 'content-type';

/** One event of a batch, read: its attributes, and its `data`. */
export type BatchedEvent = Readonly<Record<string, unknown>> & { readonly data: unknown };

/** Names of CloudEvents attributes are lower-case letters and digits. */
const ATTRIBUTE: Readonly<Record<string, string>> = Object.fromEntries(
  Object.values(HEADER).map((name) => [name, name.replace(/^ce-/, '').replaceAll('-', '').toLowerCase()]),
);
const HEADER_OF = new Map(Object.entries(ATTRIBUTE).map(([name, attribute]) => [attribute, name]));
// What JSON escapes; most values need no JSON.stringify.
const ESCAPED = /["\\\u0000-\u001f]/; // oxlint-disable-line no-control-regex

/** `data` is JSON. */
export type Encodable = Pick<Outgoing, 'headers' | 'data'>;

/** A message as one event of a batch. Undefined where a header has no attribute: such a message travels alone. */
export function encodeEvent({ headers, data }: Encodable): string | undefined {
  let attributes = '';
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || value === '') continue;
    const attribute = ATTRIBUTE[name];
    if (attribute === undefined) return undefined;
    attributes += `"${attribute}":${ESCAPED.test(value) ? JSON.stringify(value) : `"${value}"`},`;
  }
  return `{${attributes}"data":${data}}`;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Undefined for what is no batch, whatever its content type says: then it is one message, and fails as one. */
export function decodeBatch(data: Uint8Array): BatchedEvent[] | undefined {
  try {
    const events: unknown = JSON.parse(decoder.decode(data));
    return Array.isArray(events) && events.length > 0 && events.every(isEvent) ? events : undefined;
  } catch {
    return undefined;
  }
}

function isEvent(value: unknown): value is BatchedEvent {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'data');
}

/** A header as the message would have had it on its own. */
export function headerOf(event: BatchedEvent, name: string): string | undefined {
  const value = event[ATTRIBUTE[name] ?? ''];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** All headers that the message would have had on its own. */
export function headersOf(event: BatchedEvent): Headers {
  const headers: Headers = {};
  for (const attribute in event) {
    const name = HEADER_OF.get(attribute);
    const value = event[attribute];
    if (name !== undefined && typeof value === 'string') headers[name] = value;
  }
  return headers;
}
