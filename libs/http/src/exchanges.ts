import { TransientMap } from '@techno/kernel';
import { type OpenStream, formatEvent, openStream } from './event-stream.ts';
import { Exchange } from './exchange.ts';
import type { HttpServerOptions, RequestLabels } from './options.ts';
import { HttpProblem } from './problem.ts';
import { framingOf, readBody } from './read-body.ts';
import type { Reply, StreamReply } from './reply.ts';
import {
  handlerTimeout,
  bodyTimeout,
  framingInvalid,
  internal,
  methodNotAllowed,
  mustClose,
  overloaded,
  payloadTooLarge,
  routeNotFound,
  serverClosing,
} from './refusals.ts';
import { METHODS, type Route } from './route.ts';
import { createRouter } from './router.ts';
import { PayloadError } from './strict-json.ts';
import type { UwsRequest, UwsResponse } from './uws.ts';
import { parsedBody, parsedHeaders, parsedParams, parsedQuery, payloadProblem, refuseOtherThanJson } from './validate.ts';
import { type PreparedReply, prepareReply, writeReply, writeStreamHead } from './write-reply.ts';

const CLIENT_GONE_STATUS = 499;
/** Refused for its form, mostly before any handler. */
const MALFORMED: ReadonlySet<number> = new Set([400, 413, 415]);
const DEFAULT_HEARTBEAT_MS = 5_000;
const DEFAULT_BUFFERED_BYTES = 256 * 1024;
const KNOWN_METHODS: ReadonlySet<string> = new Set([...METHODS, 'HEAD', 'OPTIONS']);

export interface Exchanges {
  accept(this: void, response: UwsResponse, request: UwsRequest): void;
  /** Enforces the deadlines and sends the heartbeats. */
  tick(this: void): void;
  /** Resolves when nothing is in flight, at the latest after `graceMs` and the last words. */
  drain(this: void, graceMs: number): Promise<void>;
  inFlight(this: void): number;
}

type Settings = Required<Omit<HttpServerOptions, 'host' | 'port'>>;

/** Everything between a request's head and the end of its response, for all requests of one server. */
export function createExchanges(settings: Settings): Exchanges {
  const { bodyLimitBytes, observer } = settings;
  const find = createRouter(settings.routes.map((route) => ({ route, value: route })));
  const live = new TransientMap<number, Exchange>();
  let accepted = 0;
  const streams = new Set<OpenStream>();
  let closing = false;
  let drained: (() => void) | undefined;

  function accept(response: UwsResponse, request: UwsRequest): void {
    const exchange = new Exchange(accepted++, response, request, settings);
    response.onAborted(() => clientGone(exchange));
    live.set(exchange.number, exchange);
    const found = find(exchange.method, exchange.path);
    if (found !== undefined && 'route' in found) exchange.route = found.route;
    observer.requestStarted?.(labels(exchange));
    const framing = framingOf(exchange.receivedHeaders);
    if (framing === undefined) {
      // What follows in the same packet may be a second request by one reading and this one's body by another. Left unanswered
      // until the packet is parsed, µWebSockets closes the connection before it hands that request out.
      setImmediate(() => fail(exchange, framingInvalid()));
      return;
    }
    try {
      if (live.size > settings.maxInFlight) throw shed(exchange);
      if (found === undefined) throw routeNotFound();
      if (!('route' in found)) throw methodNotAllowed(found.allow);
      parseHead(exchange, found.route, found.params);
      receive(exchange, found.route, framing.length);
    } catch (error) {
      fail(exchange, error);
    }
  }

  function shed(exchange: Exchange): HttpProblem {
    observer.shed?.(labels(exchange));
    return overloaded();
  }

  function receive(exchange: Exchange, route: Route, length: number | undefined): void {
    if ((route.body === undefined && !route.rawBody) || length === 0) {
      run(exchange, route);
      return;
    }
    if (length !== undefined && length > bodyLimitBytes) throw payloadTooLarge(bodyLimitBytes);
    exchange.deadlineMs = exchange.startedMs + settings.bodyTimeoutMs;
    readBody(exchange.response, {
      limitBytes: bodyLimitBytes,
      wanted: () => exchange.phase === 'reading',
      tooLarge: () => fail(exchange, payloadTooLarge(bodyLimitBytes)),
      done: (body) => {
        exchange.rawBody = body;
        run(exchange, route);
      },
    });
  }

  function run(exchange: Exchange, route: Route): void {
    exchange.phase = 'handling';
    exchange.running = true;
    exchange.deadlineMs = performance.now() + settings.handlerTimeoutMs;
    try {
      exchange.body = parsedBody(route, exchange.rawBody);
      const reply = route.handler(exchange);
      if (reply instanceof Promise) {
        reply.then(
          (value) => settle(exchange, () => answer(exchange, value)),
          (error: unknown) => settle(exchange, () => fail(exchange, error)),
        );
      } else {
        settle(exchange, () => answer(exchange, reply));
      }
    } catch (error) {
      settle(exchange, () => fail(exchange, error));
    }
  }

  function settle(exchange: Exchange, write: () => void): void {
    exchange.running = false;
    try {
      write();
    } catch (error) {
      // A reply that cannot be written (a header with a line break, a body that is no JSON) is the handler's fault.
      fail(exchange, error);
    }
    release(exchange);
  }

  function answer(exchange: Exchange, reply: Reply): void {
    if (exchange.phase === 'ended') return;
    const prepared = prepareReply(reply);
    if ('stream' in reply && exchange.method !== 'HEAD') startStream(exchange, reply, prepared);
    else write(exchange, prepared, closing);
  }

  function write(exchange: Exchange, prepared: PreparedReply, close: boolean): void {
    writeReply(exchange.response, prepared, { bodiless: exchange.method === 'HEAD', close });
    end(exchange, prepared.status);
  }

  function fail(exchange: Exchange, error: unknown): void {
    if (exchange.phase === 'ended') {
      if (!(error instanceof HttpProblem) && error !== exchange.abortReason && !isAbort(error)) report(exchange, error);
      return;
    }
    const problem = unlessKeptOut(exchange, problemFor(exchange, error));
    write(exchange, preparedProblem(exchange, problem), closing || mustClose(exchange, problem));
  }

  /** Who may not ask is not told what was wrong with the question. */
  function unlessKeptOut(exchange: Exchange, problem: HttpProblem): HttpProblem {
    if (exchange.route?.security !== 'credential' || !MALFORMED.has(problem.status)) return problem;
    try {
      settings.guard(exchange);
      return problem;
    } catch (error) {
      return problemFor(exchange, error);
    }
  }

  function preparedProblem(exchange: Exchange, problem: HttpProblem): PreparedReply {
    try {
      return prepareReply(problem.toReply(exchange.traceId));
    } catch (error) {
      report(exchange, error);
      return prepareReply(internal().toReply(exchange.traceId));
    }
  }

  function problemFor(exchange: Exchange, error: unknown): HttpProblem {
    if (error instanceof HttpProblem) return error;
    if (error instanceof PayloadError) return payloadProblem(error);
    try {
      const own = settings.problemOf(error);
      if (own !== undefined) return own;
    } catch (second) {
      report(exchange, second);
    }
    report(exchange, error);
    return internal();
  }

  function report(exchange: Exchange, error: unknown): void {
    observer.onError?.(error, { ...labels(exchange), traceId: exchange.traceId });
  }

  function startStream(exchange: Exchange, reply: StreamReply, prepared: PreparedReply): void {
    if (closing) throw serverClosing();
    if (streams.size >= settings.maxStreams) throw shed(exchange);
    writeStreamHead(exchange.response, prepared);
    exchange.phase = 'streaming';
    ended(exchange, prepared.status);
    const stream = openStream(exchange.response, {
      heartbeatMs: reply.heartbeatMs ?? DEFAULT_HEARTBEAT_MS,
      maxBufferedBytes: reply.maxBufferedBytes ?? DEFAULT_BUFFERED_BYTES,
      lastEventId: exchange.receivedHeaders.get('last-event-id'),
      ended: () => {
        exchange.phase = 'ended';
        streams.delete(stream);
      },
    });
    exchange.stream = stream;
    streams.add(stream);
    runStream(reply, stream).then(
      () => stream.finish(new Error('STREAM_DONE')),
      (error: unknown) => {
        if (stream.signal.aborted) return;
        report(exchange, error);
        stream.finish(
          new Error('STREAM_FAILED'),
          formatEvent({ event: 'error', data: { code: 'INTERNAL', trace_id: exchange.traceId } }),
        );
      },
    );
  }

  function clientGone(exchange: Exchange): void {
    if (exchange.phase === 'ended') return;
    if (exchange.phase === 'streaming') exchange.stream?.lost();
    else end(exchange, CLIENT_GONE_STATUS);
    exchange.abort(new Error('CLIENT_GONE'));
    release(exchange);
  }

  function end(exchange: Exchange, status: number): void {
    exchange.phase = 'ended';
    ended(exchange, status);
    release(exchange);
  }

  function ended(exchange: Exchange, status: number): void {
    const durationMs = performance.now() - exchange.startedMs;
    observer.requestEnded?.({ ...labels(exchange), status, durationMs, traceId: exchange.givenTraceId });
  }

  /** A place is free when the answer is out and the handler is done: a client cannot make room by leaving. */
  function release(exchange: Exchange): void {
    if (exchange.running || exchange.phase === 'reading' || exchange.phase === 'handling') return;
    live.delete(exchange.number);
    if (live.size === 0) drained?.();
  }

  function tick(): void {
    const now = performance.now();
    for (const exchange of live.values()) if (now >= exchange.deadlineMs) overdue(exchange);
    for (const stream of streams) stream.tick(now);
  }

  function overdue(exchange: Exchange): void {
    exchange.abort(new Error('TIME_LIMIT'));
    if (exchange.phase === 'reading') fail(exchange, bodyTimeout());
    else if (exchange.phase === 'handling') fail(exchange, handlerTimeout());
    // A handler that ignores its signal would keep its place for ever.
    exchange.running = false;
    release(exchange);
  }

  async function drain(graceMs: number): Promise<void> {
    closing = true;
    for (const stream of streams) stream.finish(new Error('SERVER_CLOSING'), ': the server closes\n\n');
    if (live.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, graceMs);
        drained = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    for (const exchange of live.values()) {
      exchange.abort(new Error('SERVER_CLOSING'));
      fail(exchange, serverClosing());
    }
  }

  return { accept, tick, drain, inFlight: () => live.size };
}

async function runStream(reply: StreamReply, stream: OpenStream): Promise<void> {
  await reply.stream(stream);
}

/** All that can be refused before the body has come. */
function parseHead(exchange: Exchange, route: Route, params: Readonly<Record<string, string>>): void {
  exchange.params = parsedParams(route, params);
  exchange.query = parsedQuery(route, exchange.queryString);
  exchange.headers = parsedHeaders(route, exchange.receivedHeaders);
  if (route.body !== undefined) refuseOtherThanJson(exchange.receivedHeaders);
}

function labels({ method, route }: Exchange): RequestLabels {
  return { method: KNOWN_METHODS.has(method) ? method : 'OTHER', route: route?.path ?? 'unmatched' };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
