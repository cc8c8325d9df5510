import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import type { RequestEnded, RequestLabels } from './options.ts';
import { HttpProblem } from './problem.ts';
import { defineRoute } from './route.ts';
import { rawClient } from './testing/raw-client.ts';
import { gate, route, startServer } from './testing/test-server.ts';

const ok = () => ({ status: 200, body: { ok: true } });

const createOrder = defineRoute({
  method: 'POST',
  path: '/v1/shops/{shop}/orders',
  operationId: 'create_order',
  summary: 'Orders something',
  tags: ['orders'],
  security: 'credential',
  params: z.object({ shop: z.string().min(2) }),
  query: z.object({ dry: z.stringbool().default(false), tag: z.union([z.string(), z.array(z.string())]).optional() }),
  headers: z.object({ 'x-region': z.enum(['eu', 'us']).optional() }),
  body: z.object({ item: z.string(), count: z.int().positive() }),
  responses: { 201: { description: 'Ordered' } },
  handler: ({ params, query, headers, body, bytes, rawBody, method, path }) => ({
    status: 201,
    headers: { location: `/v1/shops/${encodeURIComponent(params.shop)}/orders/1`, 'set-cookie': ['a=1', 'b=2'] },
    body: { params, query, region: headers['x-region'], total: body.count * 2, bytes, raw: rawBody.toString(), method, path },
  }),
});

describe('a typed route', () => {
  const post = (url: string, body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    fetch(url, { method: 'POST', body, headers });

  test('gets everything parsed, and its reply comes out as it is', async () => {
    const { url } = await startServer([createOrder]);
    const text = '{"item":"tea", "count":2}';
    const response = await post(`${url}/v1/shops/caf%C3%A9/orders?dry=true&tag=a&tag=b`, text, {
      'content-type': 'application/json; charset=utf-8',
      'x-region': 'eu',
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('location')).toBe('/v1/shops/caf%C3%A9/orders/1');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await response.json()).toEqual({
      params: { shop: 'café' },
      query: { dry: true, tag: ['a', 'b'] },
      region: 'eu',
      total: 4,
      bytes: 25,
      raw: text,
      method: 'POST',
      path: '/v1/shops/caf%C3%A9/orders',
    });
  });

  test.each([
    [
      'a body that breaks the schema',
      '/v1/shops/ab/orders',
      '{"item":"tea","count":-1}',
      {},
      400,
      'VALIDATION_FAILED',
      'body.count',
    ],
    ['a param that does', '/v1/shops/a/orders', '{"item":"tea","count":1}', {}, 400, 'VALIDATION_FAILED', 'params.shop'],
    ['a query that does', '/v1/shops/ab/orders?dry=maybe', '{"item":"tea","count":1}', {}, 400, 'VALIDATION_FAILED', 'query.dry'],
    ['a header that does', '/v1/shops/ab/orders', '{}', { 'x-region': 'moon' }, 400, 'VALIDATION_FAILED', 'headers.x-region'],
    ['bad percent-encoding', '/v1/shops/%ff/orders', '{}', {}, 400, 'VALIDATION_FAILED', 'params.shop'],
    ['malformed JSON', '/v1/shops/ab/orders', '{"item":', {}, 400, 'PAYLOAD_INVALID', undefined],
    ['no body', '/v1/shops/ab/orders', '', {}, 400, 'PAYLOAD_INVALID', undefined],
    ['a duplicate key', '/v1/shops/ab/orders', '{"item":"a","item":"b","count":1}', {}, 400, 'PAYLOAD_INVALID', undefined],
    ['a deep body', '/v1/shops/ab/orders', '['.repeat(70), {}, 400, 'PAYLOAD_TOO_DEEP', undefined],
    [
      'another type',
      '/v1/shops/ab/orders',
      'item=tea',
      { 'content-type': 'text/plain' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      undefined,
    ],
    ['a compressed body', '/v1/shops/ab/orders', 'x', { 'content-encoding': 'gzip' }, 415, 'UNSUPPORTED_MEDIA_TYPE', undefined],
  ])('refuses %s', async (_what, path, body, headers, status, code, where) => {
    const { url } = await startServer([createOrder]);
    const response = await post(url + path, body, { 'content-type': 'application/json', ...headers });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const problem = (await response.json()) as { errors?: { path: string }[] };
    expect(problem).toMatchObject({
      status,
      code,
      type: `/docs/errors#${code}`,
      trace_id: expect.stringMatching(/^tr_[0-9a-f]{32}$/),
    });
    expect(problem.errors?.[0]?.path).toBe(where);
    expect(JSON.stringify(problem)).not.toMatch(/\.ts:\d|node_modules| at /);
  });

  test('takes raw bytes exactly as they came, whatever they claim to be', async () => {
    const { url } = await startServer([
      route(
        'POST',
        '/raw',
        ({ rawBody, body }) => ({ status: 200, body: { hex: rawBody.toString('hex'), parsed: body ?? null } }),
        { rawBody: true },
      ),
    ]);
    const bytes = Buffer.from([0x7b, 0x00, 0xff, 0x0d, 0x0a]);
    const response = await fetch(`${url}/raw`, { method: 'POST', body: bytes, headers: { 'content-type': 'application/json' } });
    expect(await response.json()).toEqual({ hex: '7b00ff0d0a', parsed: null });
  });
});

describe('answers', () => {
  test('HEAD like GET without the body, other methods with 405 and Allow, other paths with 404', async () => {
    const { url } = await startServer([route('GET', '/thing', ok), route('PUT', '/thing', ok), route('GET', '/thing/{id}', ok)]);
    const head = await fetch(`${url}/thing`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '11', '']);
    for (const method of ['POST', 'OPTIONS', 'DELETE', 'PROPFIND']) {
      const refused = await fetch(`${url}/thing`, { method });
      expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD, PUT']);
      expect(await refused.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED' });
    }
    for (const path of ['/', '/thing/', '/thing/1/2', '/Thing', '/thing%2F1', '/thing/../thing']) {
      const socket = await rawClient(Number(new URL(url).port));
      socket.send(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      expect(await socket.until(/\}$/)).toMatch(/^HTTP\/1.1 404 [^]*"code":"ROUTE_NOT_FOUND"/);
      socket.destroy();
    }
    const headOfNothing = await fetch(`${url}/nothing`, { method: 'HEAD' });
    expect([headOfNothing.status, await headOfNothing.text()]).toEqual([404, '']);
  });

  test('text, bytes, preset JSON types and no body', async () => {
    const { url } = await startServer([
      route('GET', '/text', () => ({ status: 200, text: 'up 1\n', contentType: 'text/plain; version=0.0.4' })),
      route('GET', '/bytes', () => ({ status: 200, bytes: Uint8Array.of(1, 2, 255), contentType: 'application/octet-stream' })),
      route('GET', '/none', () => ({ status: 204 })),
      route('GET', '/typed', () => ({
        status: 409,
        contentType: 'application/x+json',
        body: [1],
        headers: { 'x-n': 5, 'x-not': undefined },
      })),
    ]);
    const text = await fetch(`${url}/text`);
    expect([text.headers.get('content-type'), await text.text()]).toEqual(['text/plain; version=0.0.4', 'up 1\n']);
    expect(Buffer.from(await (await fetch(`${url}/bytes`)).arrayBuffer()).toString('hex')).toBe('0102ff');
    const none = await fetch(`${url}/none`);
    expect([none.status, none.headers.get('content-length'), await none.text()]).toEqual([204, null, '']);
    const typed = await fetch(`${url}/typed`);
    expect([typed.status, typed.headers.get('content-type'), typed.headers.get('x-n'), typed.headers.has('x-not')]).toEqual([
      409,
      'application/x+json',
      '5',
      false,
    ]);
  });

  test('what a handler throws: problems as they are, known errors as the application maps them, the rest as 500 without a trace of why', async () => {
    const errors: unknown[] = [];
    class StoreDown extends Error {}
    const { url } = await startServer(
      [
        route('GET', '/problem', () => {
          throw new HttpProblem(403, 'GATE_DENIED', {
            detail: 'no',
            headers: { 'x-gate': 'G3' },
            extensions: { gate: 'G3', status: 1 },
          });
        }),
        route('GET', '/known', async () => {
          throw new StoreDown('postgres://user:hunter2@db');
        }),
        route('GET', '/unknown', async () => {
          throw new Error('postgres://user:hunter2@db');
        }),
        route('GET', '/unsendable', () => ({ status: 200, headers: { location: '/a\r\nset-cookie: evil=1' } })),
        route('GET', '/unsendable-problem', () => {
          throw new HttpProblem(400, 'ODD', { headers: { 'x-a': '1\nset-cookie: evil=1' }, extensions: { big: 1n } });
        }),
        route('GET', '/circular', () => ({ status: 200, body: { big: 1n } })),
      ],
      {
        observer: {
          onError: (error, { route: path, traceId }) => errors.push([String(error).slice(0, 9), path, traceId.length]),
        },
        problemOf: (error) =>
          error instanceof StoreDown ? new HttpProblem(503, 'STORE_DOWN', { headers: { 'retry-after': 2 } }) : undefined,
        newTraceId: () => 'tr_fixed',
      },
    );
    const problem = await fetch(`${url}/problem`);
    expect([problem.status, problem.headers.get('x-gate')]).toEqual([403, 'G3']);
    expect(await problem.json()).toEqual({
      gate: 'G3',
      type: '/docs/errors#GATE_DENIED',
      title: 'Forbidden',
      status: 403,
      detail: 'no',
      code: 'GATE_DENIED',
      trace_id: 'tr_fixed',
    });
    const known = await fetch(`${url}/known`);
    expect([known.status, known.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await known.text()).not.toContain('hunter2');
    expect(errors).toEqual([]);
    for (const path of ['/unknown', '/unsendable', '/unsendable-problem', '/circular']) {
      const response = await fetch(url + path);
      const text = await response.text();
      expect([response.status, JSON.parse(text)]).toEqual([
        500,
        expect.objectContaining({ code: 'INTERNAL', trace_id: 'tr_fixed' }),
      ]);
      expect(text + response.headers.get('set-cookie')).not.toMatch(/hunter2|evil|stack|BigInt/);
    }
    expect(errors).toEqual([
      ['Error: po', '/unknown', 8],
      ['TypeError', '/unsendable', 8],
      ['TypeError', '/unsendable-problem', 8],
      ['TypeError', '/circular', 8],
    ]);
  });
});

test('the observer sees every request once, with labels from static sets', async () => {
  const started: RequestLabels[] = [];
  const ended: RequestEnded[] = [];
  const { url } = await startServer([route('GET', '/items/{id}', ok)], {
    observer: { requestStarted: (request) => started.push(request), requestEnded: (request) => ended.push(request) },
  });
  await fetch(`${url}/items/1`);
  await fetch(`${url}/items/2`, { method: 'PROPFIND' });
  await fetch(`${url}/nothing/here`);
  expect(started).toEqual(ended.map(({ method, route: path }) => ({ method, route: path })));
  expect(ended).toEqual([
    { method: 'GET', route: '/items/{id}', status: 200, durationMs: expect.any(Number), traceId: undefined },
    { method: 'OTHER', route: 'unmatched', status: 405, durationMs: expect.any(Number), traceId: expect.stringMatching(/^tr_/) },
    { method: 'GET', route: 'unmatched', status: 404, durationMs: expect.any(Number), traceId: expect.stringMatching(/^tr_/) },
  ]);
});

describe('limits', () => {
  test('past maxInFlight: 503 OVERLOADED with Retry-After and a count; the place is free again afterwards', async () => {
    const busy = gate();
    const entered = gate();
    let shed = 0;
    const server = await startServer(
      [
        route('GET', '/slow', async () => {
          entered.resolve();
          await busy.promise;
          return ok();
        }),
      ],
      { maxInFlight: 1, observer: { shed: () => (shed += 1) } },
    );
    const first = fetch(`${server.url}/slow`);
    await entered.promise;
    expect(server.inFlight()).toBe(1);
    const second = await fetch(`${server.url}/slow`);
    expect([second.status, second.headers.get('retry-after'), shed]).toEqual([503, '1', 1]);
    expect(await second.json()).toMatchObject({ code: 'OVERLOADED' });
    busy.resolve();
    expect((await first).status).toBe(200);
    expect((await fetch(`${server.url}/slow`)).status).toBe(200);
  });

  test('a client cannot make room by leaving: its place is held until the handler is done', async () => {
    const busy = gate();
    const aborted = gate();
    const entered = gate();
    const freed = gate();
    const server = await startServer(
      [
        route('GET', '/slow', async ({ signal }) => {
          signal.addEventListener('abort', () => aborted.resolve());
          entered.resolve();
          await busy.promise;
          queueMicrotask(() => setImmediate(freed.resolve));
          return ok();
        }),
      ],
      { maxInFlight: 1 },
    );
    const client = await rawClient(server.port);
    client.send('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
    await entered.promise;
    client.destroy();
    await aborted.promise;
    expect(server.inFlight()).toBe(1);
    expect((await fetch(`${server.url}/slow`)).status).toBe(503);
    busy.resolve();
    await freed.promise;
    expect(server.inFlight()).toBe(0);
  });

  test('a handler that does not answer: 504, its signal aborted, its place free', async () => {
    const aborted = gate<unknown>();
    const server = await startServer(
      [
        route('GET', '/never', ({ signal }) => {
          signal.addEventListener('abort', () => aborted.resolve(signal.reason));
          return new Promise(() => undefined);
        }),
      ],
      { handlerTimeoutMs: 50 },
    );
    const response = await fetch(`${server.url}/never`);
    expect([response.status, await response.json()]).toEqual([504, expect.objectContaining({ code: 'HANDLER_TIMEOUT' })]);
    expect(await aborted.promise).toMatchObject({ message: 'TIME_LIMIT' });
    expect(server.inFlight()).toBe(0);
  });

  test('the address is the peer, or what the configured number of proxies vouches for', async () => {
    const addressRoute = route('GET', '/ip', ({ address }) => ({ status: 200, text: address, contentType: 'text/plain' }));
    const headers = { 'x-forwarded-for': '6.6.6.6, 203.0.113.9, 10.0.0.2' };
    for (const [trustedProxies, seen] of [
      [0, '127.0.0.1'],
      [1, '10.0.0.2'],
      [2, '203.0.113.9'],
      [9, '127.0.0.1'],
    ] as const) {
      const { url } = await startServer([addressRoute], { trustedProxies });
      expect(await (await fetch(`${url}/ip`, { headers })).text()).toBe(seen);
    }
  });

  test('who may not ask is not told what was wrong with the question', async () => {
    const secured = defineRoute({
      method: 'POST',
      path: '/secured',
      operationId: 'secured',
      summary: 'Needs a key',
      tags: [],
      security: 'credential',
      body: z.object({ n: z.number() }),
      responses: { 200: { description: 'ok' } },
      handler: () => ({ status: 200, body: {} }),
    });
    const { url } = await startServer([secured], {
      guard({ header }) {
        if (header('x-api-key') === undefined) throw new HttpProblem(401, 'AUTHENTICATION_MISSING');
      },
    });
    const post = async (body: string, headers: Record<string, string>) =>
      (await fetch(`${url}/secured`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } }))
        .status;
    const key = { 'x-api-key': 'k' };
    expect(await Promise.all([post('{', {}), post('{"n":"x"}', {}), post('{', key), post('{"n":"x"}', key)])).toEqual([
      401, 401, 400, 400,
    ]);
  });
});
