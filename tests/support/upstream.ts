import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** `429` and `503` answer at once and do nothing; `hang` does what it is asked and never answers. */
export type Mood = 'well' | '429' | '503' | 'hang';

/** One request that had its effect. */
export interface Effect {
  /** `id` of the payload. */
  readonly id: string;
  readonly key: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/**
 * An upstream that can be broken and mended. It honours idempotency keys, except below `/unkeyed`, where every request has its
 * effect again.
 */
export interface Upstream extends AsyncDisposable {
  readonly url: string;
  readonly host: string;
  mood: Mood;
  /** The same as mood `503`. */
  broken: boolean;
  /** How long an effect takes. */
  latencyMs: number;
  /** How many effects it has had, by the `id` of their payload. A repeated idempotency key has none. */
  readonly effects: ReadonlyMap<string, number>;
  /** Requests it has served, the repeated ones too. */
  readonly served: ReadonlyMap<string, number>;
  /** Idempotency keys it was asked with, by `id`, whether they had an effect or not. */
  readonly keys: ReadonlyMap<string, ReadonlySet<string>>;
  /** Every effect, in order. */
  readonly log: readonly Effect[];
}

export async function startUpstream(): Promise<Upstream> {
  const effects = new Map<string, number>();
  const served = new Map<string, number>();
  const keys = new Map<string, Set<string>>();
  const log: Effect[] = [];
  const done = new Set<string>();

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await textOf(request);
    const answer = (status: number, content: unknown, headers = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(content));
    if (request.url === '/missing') return void answer(404, {});
    const { id } = JSON.parse(body) as { id: string };
    const key = String(request.headers['idempotency-key']);
    keys.set(id, (keys.get(id) ?? new Set()).add(key));
    if (upstream.mood === '429') return void answer(429, { error: 'slow down' }, { 'retry-after': '1' });
    if (upstream.mood === '503') return void answer(503, { error: 'down' });
    served.set(id, (served.get(id) ?? 0) + 1);
    if (!done.has(key) || request.url?.startsWith('/unkeyed') === true) {
      effects.set(id, (effects.get(id) ?? 0) + 1);
      log.push({ id, key, at: Date.now() });
    }
    done.add(key);
    if (upstream.latencyMs > 0) await delay(upstream.latencyMs);
    // Read again: its mood may have changed meanwhile. Whoever waits is cut off by its own time limit.
    if (upstream.mood !== 'hang') answer(200, { id, ok: true });
  };

  // A caller that was killed in the middle of a request says nothing more.
  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const upstream: Upstream = {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    mood: 'well',
    latencyMs: 0,
    get broken() {
      return upstream.mood === '503';
    },
    set broken(is) {
      upstream.mood = is ? '503' : 'well';
    },
    effects,
    served,
    keys,
    log,
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
