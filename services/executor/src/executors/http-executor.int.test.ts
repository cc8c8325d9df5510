import type { ServerResponse } from 'node:http';
import { createSafeFetch } from '@techno/http';
import { TemporaryError } from '@techno/kernel';
import { describe, expect, it } from 'vitest';
import { createBreakers } from './breaker.ts';
import { callOf } from './call.fixture.ts';
import { executorConformance } from './executor.conformance.ts';
import { httpExecutor } from './http-executor.ts';
import { closedUrl, httpServer, type ReceivedRequest } from './http-server.fixture.ts';
import { loopbackFetch } from './loopback-fetch.fixture.ts';

type Answer = (request: ReceivedRequest, response: ServerResponse) => void;
type Declared = { method?: 'GET' | 'POST'; path?: string; body?: unknown; effect?: 'none' | 'keyed' | 'unkeyed' };

const ok: Answer = (_request, response) => response.setHeader('content-type', 'application/json').end('{"done":true}');
const executorWith = (more: { maxBytes?: number } = {}) =>
  httpExecutor({
    fetch: loopbackFetch,
    breakers: createBreakers(),
    secrets: (name) => (name === 'CRM_TOKEN' ? 's3cret' : undefined),
    clock: { now: () => Date.parse('2026-11-20T10:00:00Z') },
    ...more,
  });

function callTo(baseUrl: string, declared: Declared = {}, payload: unknown = { id: 'a b' }, timeoutMs = 5_000) {
  const http = { upstream: 'crm', method: 'POST' as const, path: '/contacts/{{payload.id}}', ...declared };
  const upstreams = { crm: { baseUrl, headers: { Authorization: 'Bearer ${CRM_TOKEN}' }, timeoutMs } };
  return callOf(payload, { http }, { upstreams });
}

executorConformance('http_executor_v1', true, async () => {
  const server = await httpServer((request, response) => {
    if (!request.url.includes('forever')) ok(request, response);
  });
  return {
    executor: executorWith(),
    good: callTo(server.url),
    hanging: callTo(server.url, { path: '/forever' }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
});

describe('the request', () => {
  it('is the declared one, with secrets, values and the idempotency key in their places', async () => {
    await using server = await httpServer(ok);
    const call = callTo(`${server.url}/api/`, { body: { contact: '{{payload}}', note: 'for {{payload.id}}' } });
    expect(await executorWith().execute(call)).toStrictEqual({ result: { done: true } });
    const [request] = server.received;
    expect(request).toMatchObject({ method: 'POST', url: '/api/contacts/a%20b' });
    expect(request?.headers).toMatchObject({
      authorization: 'Bearer s3cret',
      'content-type': 'application/json',
      'idempotency-key': call.traceId,
    });
    expect(JSON.parse(request?.body ?? '')).toStrictEqual({ contact: { id: 'a b' }, note: 'for a b' });
  });

  it('carries a key of its own for each step', async () => {
    await using server = await httpServer(ok);
    const call = { ...callTo(server.url), step: 'notify' };
    await executorWith().execute(call);
    expect(server.received[0]?.headers['idempotency-key']).toBe(`${call.traceId}.notify`);
  });

  it('is not sent where a value would lead elsewhere', async () => {
    await using server = await httpServer(ok);
    const executor = executorWith();
    for (const id of ['..', '../admin', '', 'a\r\nx: y']) {
      await expect(executor.execute(callTo(server.url, {}, { id }))).rejects.toMatchObject({ code: 'TEMPLATE_VALUE_INVALID' });
    }
    await expect(executor.execute(callTo(server.url, {}, {}))).rejects.toMatchObject({ code: 'TEMPLATE_VALUE_MISSING' });
    expect(server.received).toStrictEqual([]);
  });

  it('is not sent with a base URL that holds credentials', async () => {
    await expect(executorWith().execute(callTo('http://user:pass@127.0.0.1:1'))).rejects.toMatchObject({
      code: 'EXECUTOR_MISCONFIGURED',
    });
  });
});

describe('the answer', () => {
  it.each<[string, Answer, unknown]>([
    ['text', (_, response) => response.setHeader('content-type', 'text/plain').end('fine'), 'fine'],
    [
      'problem JSON types',
      (_, response) => response.setHeader('content-type', 'application/hal+json; charset=utf-8').end('[1]'),
      [1],
    ],
    ['nothing', (_, response) => response.writeHead(204).end(), null],
  ])('may be %s', async (_name, answer, result) => {
    await using server = await httpServer(answer);
    expect(await executorWith().execute(callTo(server.url))).toStrictEqual({ result });
  });

  it.each<[string, number, Record<string, string>, object]>([
    ['keyed', 404, {}, { name: 'TerminalError', code: 'UPSTREAM_REJECTED' }],
    ['keyed', 429, { 'retry-after': '9' }, { code: 'UPSTREAM_STATUS_429', retryAfterMs: 9_000 }],
    ['keyed', 503, { 'retry-after': 'Fri, 20 Nov 2026 10:01:00 GMT' }, { code: 'UPSTREAM_STATUS_503', retryAfterMs: 60_000 }],
    ['keyed', 500, {}, { name: 'TemporaryError', code: 'UPSTREAM_STATUS_500' }],
    ['keyed', 302, { location: '/elsewhere' }, { code: 'UPSTREAM_REJECTED' }],
    ['unkeyed', 404, {}, { code: 'UPSTREAM_REJECTED' }],
    ['unkeyed', 429, {}, { name: 'TemporaryError', code: 'UPSTREAM_STATUS_429' }],
    ['unkeyed', 503, {}, { name: 'EffectUnclearError', code: 'EFFECT_UNCLEAR' }],
    ['unkeyed', 303, { location: '/done' }, { code: 'EFFECT_UNCLEAR' }],
    ['unkeyed', 307, { location: '/there' }, { code: 'UPSTREAM_REJECTED' }],
  ])('%s %i %j is %j, after one request', async (effect, status, headers, expected) => {
    await using server = await httpServer((_request, response) => response.writeHead(status, headers).end());
    const call = callTo(server.url, { effect: effect as 'keyed' | 'unkeyed' });
    await expect(executorWith().execute(call)).rejects.toMatchObject(expected);
    expect(server.received.length).toBe(1);
  });

  it('is terminal where it says JSON and is not', async () => {
    await using server = await httpServer((_request, response) =>
      response.setHeader('content-type', 'application/json').end('{'),
    );
    await expect(executorWith().execute(callTo(server.url))).rejects.toMatchObject({ code: 'UPSTREAM_NOT_JSON' });
  });

  it('is terminal where it is too large, and unclear where it tells of an effect', async () => {
    await using server = await httpServer((_request, response) => response.end('x'.repeat(2_000)));
    const executor = executorWith({ maxBytes: 1_000 });
    await expect(executor.execute(callTo(server.url))).rejects.toMatchObject({ code: 'EGRESS_TOO_LARGE' });
    await expect(executor.execute(callTo(server.url, { effect: 'unkeyed' }))).rejects.toMatchObject({ code: 'EFFECT_UNCLEAR' });
  });
});

describe('no answer', () => {
  const silent: Answer = () => {};
  const hangUp: Answer = (_request, response) => response.destroy();

  it('is temporary for a keyed effect', async () => {
    await using server = await httpServer(silent);
    await expect(executorWith().execute(callTo(server.url, {}, { id: 1 }, 100))).rejects.toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
    });
    await using cut = await httpServer(hangUp);
    await expect(executorWith().execute(callTo(cut.url))).rejects.toMatchObject({ code: 'UPSTREAM_UNREACHABLE' });
  });

  it('leaves an unkeyed effect unclear', async () => {
    await using server = await httpServer(silent);
    const call = callTo(server.url, { effect: 'unkeyed' }, { id: 1 }, 100);
    await expect(executorWith().execute(call)).rejects.toMatchObject({ code: 'EFFECT_UNCLEAR' });
    await using cut = await httpServer(hangUp);
    await expect(executorWith().execute(callTo(cut.url, { effect: 'unkeyed' }))).rejects.toMatchObject({
      code: 'EFFECT_UNCLEAR',
    });
  });

  it('leaves an unkeyed effect unclear when the run is stopped after the request was sent', async () => {
    const controller = new AbortController();
    await using server = await httpServer(() => controller.abort());
    const call = { ...callTo(server.url, { effect: 'unkeyed' }), signal: controller.signal };
    await expect(executorWith().execute(call)).rejects.toMatchObject({ code: 'EFFECT_UNCLEAR' });
  });

  it('is temporary for an unkeyed effect where nothing was ever sent', async () => {
    const error: unknown = await executorWith()
      .execute(callTo(await closedUrl(), { effect: 'unkeyed' }))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TemporaryError);
    expect(error).toMatchObject({ code: 'UPSTREAM_UNREACHABLE' });
  });

  it('comes from a private address that nobody allowed, whatever the policy says', async () => {
    await using server = await httpServer(ok);
    const executor = httpExecutor({ fetch: createSafeFetch({ allow: [] }), breakers: createBreakers(), secrets: () => 's3cret' });
    for (const effect of ['keyed', 'unkeyed'] as const) {
      await expect(executor.execute(callTo(server.url, { effect }))).rejects.toMatchObject({ code: 'EGRESS_FORBIDDEN' });
    }
    expect(server.received).toStrictEqual([]);
  });

  it('opens the breaker of that upstream after five in a row', async () => {
    await using server = await httpServer((_request, response) => response.writeHead(500).end());
    const executor = executorWith();
    for (let time = 0; time < 5; time++) {
      await expect(executor.execute(callTo(server.url))).rejects.toMatchObject({ code: 'UPSTREAM_STATUS_500' });
    }
    await expect(executor.execute(callTo(server.url))).rejects.toMatchObject({ code: 'BREAKER_OPEN', spendsAttempt: false });
    expect(server.received.length).toBe(5);
  });
});

it('says which effect the policy declares', () => {
  expect(executorWith().effect(callTo('http://x', { effect: 'unkeyed' }).spec)).toBe('unkeyed');
  expect(executorWith().effect(callTo('http://x').spec)).toBe('keyed');
});
