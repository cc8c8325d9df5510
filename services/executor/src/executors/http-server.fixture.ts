import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface HttpServer extends AsyncDisposable {
  readonly url: string;
  /** Every request so far, in order. */
  readonly received: readonly ReceivedRequest[];
}

/** A real server on a free port of this machine. Disposing cuts every connection. */
export async function httpServer(answer: (request: ReceivedRequest, response: ServerResponse) => void): Promise<HttpServer> {
  const received: ReceivedRequest[] = [];
  const server: Server = createServer((incoming, response) => {
    void text(incoming).then((body) => {
      const request = { method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers, body };
      received.push(request);
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A URL of this machine where nothing listens. */
export async function closedUrl(): Promise<string> {
  const server = await httpServer(() => {});
  await server[Symbol.asyncDispose]();
  return server.url;
}
