import { setImmediate as turn } from 'node:timers/promises';

import { newW3cTraceId, SECOND, StartupError, traceIdFrom } from '@techno/kernel';

import { type Exchanges, createExchanges } from './exchanges.ts';
import { explainListenFailure } from './listen-failure.ts';
import type { HttpServerOptions } from './options.ts';
import { type ListenSocket, closeListenSocket, createUwsApp, listenExclusively, localPort } from './uws.ts';

export interface HttpServer {
  /** The bound port, once it listens. */
  readonly port: number;
  /** @throws StartupError PORT_IN_USE, LISTEN_FAILED */
  listen(): Promise<void>;
  /**
   * Accepts no more connections, ends the streams, lets requests in flight finish for `graceMs`, answers the rest with
   * 503 SERVER_CLOSING and their signals aborted, then closes every connection.
   */
  close(graceMs: number): Promise<void>;
  inFlight(): number;
}

const TICK_MS = 100;

/** @throws StartupError ROUTE_DUPLICATE */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const exchanges: Exchanges = createExchanges({
    routes: options.routes,
    bodyLimitBytes: options.bodyLimitBytes ?? 1024 * 1024,
    maxInFlight: options.maxInFlight ?? 4096,
    maxStreams: options.maxStreams ?? 1000,
    handlerTimeoutMs: options.handlerTimeoutMs ?? 30 * SECOND,
    bodyTimeoutMs: options.bodyTimeoutMs ?? 8 * SECOND,
    trustedProxies: options.trustedProxies ?? 0,
    observer: options.observer ?? {},
    problemOf: options.problemOf ?? (() => undefined),
    guard: options.guard ?? (() => undefined),
    newTraceId: options.newTraceId ?? ((nowMs) => traceIdFrom(newW3cTraceId(nowMs))),
  });
  const app = createUwsApp();
  app.any('/*', exchanges.accept);

  let socket: ListenSocket | undefined;
  let port = options.port;
  let ticker: NodeJS.Timeout | undefined;
  let closed: Promise<void> | undefined;

  async function shut(graceMs: number): Promise<void> {
    if (socket !== undefined) closeListenSocket(socket);
    await exchanges.drain(graceMs);
    clearInterval(ticker);
    // What was written inside a native callback leaves when that callback returns: let it.
    await turn();
    app.close();
  }

  return {
    get port() {
      return port;
    },
    async listen() {
      if (socket !== undefined) throw new StartupError('LISTEN_FAILED', 'the server listens already', 'Call listen() once.');
      socket = listenExclusively(app, options.host, options.port);
      if (socket === undefined) throw await explainListenFailure(options.host, options.port);
      port = localPort(socket);
      // One timer for all deadlines and heartbeats: a timer per request would cost more than the rest of its bookkeeping.
      ticker = setInterval(exchanges.tick, TICK_MS);
      ticker.unref();
    },
    close(graceMs) {
      closed ??= shut(graceMs);
      return closed;
    },
    inFlight: exchanges.inFlight,
  };
}
