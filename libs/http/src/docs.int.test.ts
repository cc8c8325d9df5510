import { expect, test } from 'vitest';
import { z } from 'zod';

import { docsRoutes } from './docs.ts';
import { openApi } from './openapi.ts';
import { defineRoute, type Route } from './route.ts';
import { route, startServer } from './testing/test-server.ts';

const summary = z.object({ id: z.string(), total: z.int() }).meta({ id: 'OrderSummary' });

const orders: Route[] = [
  defineRoute({
    method: 'POST',
    path: '/v1/shops/{shop}/orders',
    operationId: 'create_order',
    summary: 'Orders something',
    description: 'At once.',
    tags: ['orders'],
    security: 'credential',
    params: z.object({ shop: z.string() }),
    query: z.object({ dry: z.stringbool().default(false) }),
    headers: z.object({ 'idempotency-key': z.string().max(255).optional() }),
    body: z.object({ item: z.string(), count: z.int().positive() }),
    responses: { 201: { description: 'Ordered', schema: summary }, 404: { description: 'No such shop' } },
    handler: () => ({ status: 201 }),
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/hooks/{source}',
    operationId: 'receive_hook',
    summary: 'Takes a webhook',
    tags: ['hooks'],
    security: 'none',
    rawBody: true,
    responses: { 202: { description: 'Accepted' } },
    webhookDoc: { name: 'order.paid', summary: 'Somebody paid', body: z.object({ order: z.string() }) },
    handler: () => ({ status: 202 }),
  }),
  route('GET', '/v1/shops/{shop}/orders', () => ({ status: 200 })),
];

function withDocs(routes: readonly Route[]) {
  const all: Route[] = [];
  const document = () => openApi({ title: 'Orders', version: '1.2.3', routes: all });
  all.push(...routes, ...docsRoutes({ document, errors: [{ code: 'A_CODE', cause: '<b>', fix: 'Do "it".' }] }));
  return all;
}

test('the document has exactly the routes that are served', async () => {
  const all = withDocs(orders);
  const { url } = await startServer(all);
  const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => `${method.toUpperCase()} ${path} ${operationId}`),
  );
  expect(documented.toSorted()).toEqual(
    all.map(({ method, path, operationId }) => `${method} ${path} ${operationId}`).toSorted(),
  );
  for (const line of documented) {
    const [method = '', path = ''] = line.split(' ');
    const response = await fetch(url + path.replaceAll(/\{\w+\}/g, 'x'), { method });
    expect([line, response.status]).not.toEqual([line, 404]);
    expect([line, response.status]).not.toEqual([line, 405]);
    await response.arrayBuffer();
  }
});

test('the document describes parameters, bodies, answers, problems, security and webhooks by the schemas that validate', () => {
  const document = openApi({
    title: 'Orders',
    version: '1.2.3',
    routes: orders,
    webhooks: [{ name: 'shipped', summary: 'We ship' }],
  });
  expect(document.openapi).toBe('3.1.0');
  expect(document.info).toEqual({ title: 'Orders', version: '1.2.3' });
  const post = document.paths?.['/v1/shops/{shop}/orders']?.post;
  expect(post?.security).toEqual([{ apiKey: [] }, { bearer: [] }]);
  expect(
    post?.parameters?.map((parameter) =>
      'in' in parameter ? `${parameter.in} ${parameter.name} ${parameter.required ?? false}` : '',
    ),
  ).toEqual(['path shop true', 'query dry false', 'header idempotency-key false']);
  expect(post?.requestBody).toMatchObject({
    required: true,
    content: {
      'application/json': { schema: { type: 'object', required: ['item', 'count'], properties: { count: { type: 'integer' } } } },
    },
  });
  expect(post?.responses?.['201']).toMatchObject({
    content: { 'application/json': { schema: { $ref: '#/components/schemas/OrderSummary' } } },
  });
  const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  expect(post?.responses?.['404']).toMatchObject({ description: 'No such shop', content: problem });
  expect(post?.responses?.default).toMatchObject({ content: problem });
  const get = document.paths?.['/v1/shops/{shop}/orders']?.get;
  expect([get?.security, get?.parameters]).toEqual([
    [],
    [{ name: 'shop', in: 'path', required: true, schema: { type: 'string' } }],
  ]);
  expect(Object.keys(document.webhooks ?? {})).toEqual(['order.paid', 'shipped']);
  expect(document.components?.securitySchemes).toMatchObject({
    apiKey: { in: 'header', name: 'X-API-KEY' },
    bearer: { scheme: 'bearer' },
  });
  expect(document.components?.schemas).toMatchObject({
    Problem: { required: expect.arrayContaining(['code', 'type', 'status']) },
  });
});

test('the reference page loads everything it needs from this server, and its policy allows nothing else', async () => {
  const { url } = await startServer(withDocs(orders));
  const page = await fetch(`${url}/docs`);
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/https?:|\*|'unsafe-eval'|script-src[^;]*unsafe/);
  const assets = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
  expect(assets).toEqual(['/docs/favicon.png', '/docs/swagger-ui.css', '/docs/swagger-ui.js', '/docs/start.js']);
  for (const path of assets) {
    const asset = await fetch(url + path);
    expect([path, asset.status, Number(asset.headers.get('content-length')) > 100]).toEqual([path, 200, true]);
    await asset.arrayBuffer();
  }
  expect(await (await fetch(`${url}/docs/start.js`)).text()).toContain("url: '/openapi.json'");
});

test('every code can be pointed at, and is escaped', async () => {
  const { url } = await startServer(withDocs([]));
  const page = await (await fetch(`${url}/docs/errors`)).text();
  expect(page).toContain('<tr id="A_CODE"><td><code>A_CODE</code></td><td>&#60;b&#62;</td><td>Do &#34;it&#34;.</td></tr>');
});
