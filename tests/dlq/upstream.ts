import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** An upstream that honours idempotency keys, and can be broken and mended. */
export interface Upstream extends AsyncDisposable {
  readonly url: string;
  readonly host: string;
  broken: boolean;
  /** Effects it has had, by the `id` of their payload. A repeated idempotency key has none. */
  readonly effects: ReadonlyMap<string, number>;
  /** Requests it has served, the repeated ones too. */
  readonly served: ReadonlyMap<string, number>;
}

export async function startUpstream(): Promise<Upstream> {
  const effects = new Map<string, number>();
  const done = new Set<string>();
  const served = new Map<string, number>();
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      if (request.url === '/missing') {
        response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
        return;
      }
      if (upstream.broken) {
        response.writeHead(503, { 'content-type': 'application/json' }).end('{"error":"down"}');
        return;
      }
      const { id } = JSON.parse(text) as { id: string };
      served.set(id, (served.get(id) ?? 0) + 1);
      const key = String(request.headers['idempotency-key']);
      if (!done.has(key)) effects.set(id, (effects.get(id) ?? 0) + 1);
      done.add(key);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id, ok: true }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const upstream: Upstream = {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    broken: false,
    effects,
    served,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return upstream;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
