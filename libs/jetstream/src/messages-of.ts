import { type Delivery, jsonOf } from '@techno/actor';
import { HEADER, type Headers } from '@techno/contracts';
import { type BatchedEvent, CONTENT_TYPE, decodeBatch, EVENT_BATCH, headerOf, headersOf } from './event-batch.ts';

/** A message as it was published, whether it travelled on its own or in a batch. */
export type Message = Pick<Delivery, 'bytes' | 'json' | 'header' | 'headers'>;

/** What the client reads headers as. */
type WireHeaders = Iterable<[string, string[]]> | undefined;

/** What travelled as one: a message on its own, or the events of a batch. Never nothing. */
export function messagesOf(wireHeaders: WireHeaders, data: Uint8Array): Message[] {
  const headers = readHeaders(wireHeaders);
  // What a schedule published is one message: the server's word on whose schedule it was stands in its own headers only.
  const batched = headers[CONTENT_TYPE] === EVENT_BATCH && headers[HEADER.scheduler] === undefined;
  const events = batched ? decodeBatch(data) : undefined;
  return events?.map(ofEvent) ?? [single(headers, data)];
}

function single(headers: Headers, data: Uint8Array): Message {
  return {
    bytes: () => data,
    json: () => jsonOf(data),
    header: (name) => headers[name] || undefined,
    headers: () => ({ ...headers }),
  };
}

function ofEvent(event: BatchedEvent): Message {
  return {
    bytes: () => Buffer.from(JSON.stringify(event.data)),
    json: () => event.data,
    header: (name) => headerOf(event, name),
    headers: () => headersOf(event),
  };
}

/** Read once: the client's own lookup copies all names for each name it is asked for. */
function readHeaders(wireHeaders: WireHeaders): Headers {
  // Without a prototype: a header may have any name.
  const all = Object.create(null) as Headers;
  for (const [name, values] of wireHeaders ?? []) all[name] = values[0] ?? '';
  return all;
}
