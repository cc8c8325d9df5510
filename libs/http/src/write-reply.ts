import { nodeHttp } from './node-http.ts';
import type { Reply, ReplyHeaders } from './reply.ts';
import type { UwsResponse } from './uws.ts';

const statusLines = new Map<number, string>();

function statusLine(status: number): string {
  let line = statusLines.get(status);
  if (line === undefined) {
    line = `${status} ${nodeHttp.STATUS_CODES[status] ?? 'Unknown'}`;
    statusLines.set(status, line);
  }
  return line;
}

/** Everything that can go wrong with a reply goes wrong here, before a byte of it is written. @throws TypeError */
export interface PreparedReply {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Undefined: an answer without a body (or a stream's head). */
  readonly body: string | Uint8Array | undefined;
}

export function prepareReply(reply: Reply): PreparedReply {
  const headers: [string, string][] = [];
  let body: string | Uint8Array | undefined;
  if ('text' in reply) {
    body = reply.text;
    headers.push(['content-type', reply.contentType]);
  } else if ('bytes' in reply) {
    body = reply.bytes;
    headers.push(['content-type', reply.contentType]);
  } else if ('stream' in reply) {
    headers.push(['content-type', 'text/event-stream'], ['cache-control', 'no-store'], ['x-accel-buffering', 'no']);
  } else if (reply.body !== undefined) {
    body = JSON.stringify(reply.body);
    headers.push(['content-type', reply.contentType ?? 'application/json']);
  }
  if (reply.headers !== undefined) addHeaders(headers, reply.headers);
  if (!Number.isInteger(reply.status) || reply.status < 200 || reply.status > 599) {
    throw new TypeError(`a reply's status must be 200 to 599, not ${reply.status}`);
  }
  return { status: reply.status, headers, body };
}

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const UNSAFE_VALUE = /[\r\n\0]/;

function addHeaders(into: [string, string][], headers: ReplyHeaders): void {
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      const text = String(one);
      if (!NAME.test(name) || UNSAFE_VALUE.test(text)) throw new TypeError(`the header ${JSON.stringify(name)} is not sendable`);
      into.push([name, text]);
    }
  }
}

function writeHead(response: UwsResponse, { status, headers }: PreparedReply): void {
  response.writeStatus(statusLine(status));
  for (const [name, value] of headers) response.writeHeader(name, value);
}

/**
 * µWebSockets closes a connection that has been idle for 8 to 12 s (10 s, looked at every four). Clients that are told (fetch,
 * a node:http agent with a timeout) let go of it before, instead of sending a request that nobody reads any more and that they may not repeat.
 */
const KEPT = 'timeout=7';

/** Writes the whole answer and ends it; `bodiless` (HEAD) keeps the headers, Content-Length included. */
export function writeReply(response: UwsResponse, reply: PreparedReply, options: { bodiless: boolean; close: boolean }): void {
  const { status, body } = reply;
  response.cork(() => {
    writeHead(response, reply);
    if (!options.close) response.writeHeader('keep-alive', KEPT);
    if (status === 204 || status === 304) endWithoutLength(response, options.close);
    else if (options.bodiless) response.endWithoutBody(body === undefined ? 0 : Buffer.byteLength(body), options.close);
    else response.end(body ?? '', options.close);
  });
}

/** With an explicit `undefined` length µWebSockets sends 2^63 as Content-Length; only without arguments it sends none. */
function endWithoutLength(response: UwsResponse, close: boolean): void {
  if (close) response.writeHeader('connection', 'close');
  response.endWithoutBody();
}

/** Writes a stream's head and sends it off at once, so that the client knows it is connected. */
export function writeStreamHead(response: UwsResponse, reply: PreparedReply): void {
  response.cork(() => {
    writeHead(response, reply);
    response.write(': connected\n\n');
  });
}
