import { newApiKey } from '@techno/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectProblem } from '../support/problem.ts';
import { newStandardSecret } from '../support/sign.ts';
import { sampler, type Schema } from '../support/sample.ts';
import { stack } from './shared-stack.ts';

let powerless: string;
let operations: Operation[];

interface Operation {
  readonly method: string;
  /** With values in place of its parameters. */
  readonly url: string;
  readonly path: string;
  readonly id: string;
  readonly needsCredential: boolean;
  /** A valid one: what is refused is refused for who asks, not for what was sent. */
  readonly body: unknown;
}

beforeAll(async () => {
  await stack.applyPolicy((policy) => (policy.roles['powerless'] = {}));
  ({ key: powerless } = await stack.newKey('powerless'));
  const { body } = await stack.call('GET', '/openapi.json');
  operations = operationsOf(body as unknown as Document);
});

/** Where the document alone does not say what would be valid. */
const BODIES: Readonly<Record<string, unknown>> = {
  process: { action: 'echo', context_id: 'default', payload: {} },
  processAlias: { action: 'echo', context_id: 'default', payload: {} },
  notify: {
    context_id: 'default',
    notification: { recipients: [{ channel: 'email', address: 'a@b.example' }], text: { body: 'hello' } },
  },
  createSchedule: { name: 'stolen', action: 'echo', context_id: 'default', interval_seconds: 60 },
  replaceSchedule: { name: 'stolen', action: 'echo', context_id: 'default', interval_seconds: 60 },
  previewNewSchedule: { name: 'stolen', action: 'echo', context_id: 'default', interval_seconds: 60 },
  createKey: { name: 'stolen', role: 'admin' },
  applyPolicy: { document: { version: 1, contexts: ['*'], roles: {}, actions: {} } },
  putWebhookSource: { scheme: 'standard', secrets: [newStandardSecret()], action: 'echo', context_id: 'webhooks' },
};

interface Document {
  readonly paths: Record<string, Record<string, DocumentedOperation>>;
  readonly components: { readonly schemas: Record<string, Schema> };
}
interface DocumentedOperation {
  readonly operationId: string;
  readonly security: unknown[];
  readonly parameters?: { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Record<string, { schema: Schema }> };
}

function operationsOf(document: Document): Operation[] {
  const sample = sampler(document.components.schemas);
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId: id, security, parameters = [], requestBody }]) => {
      const values = new Map(
        parameters.filter((one) => one.in === 'path').map(({ name, schema }) => [name, String(sample(schema))]),
      );
      const schema = requestBody?.content['application/json']?.schema;
      return {
        method: method.toUpperCase(),
        path,
        url: path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values.get(name) ?? 'demo'),
        id,
        needsCredential: security.length > 0,
        body: BODIES[id] ?? (schema && sample(schema)),
      };
    }),
  );
}

const send = ({ method, url, body }: Operation, key: string | undefined) =>
  stack.call(method, url, { key, ...(body === undefined ? {} : { body }) });

/** Whom the role does not need to be allowed: the gates decide about actions. */
const DECIDED_BY_GATES = new Set(['process', 'processAlias', 'notify']);

describe('every operation of /openapi.json', () => {
  const guarded = () => operations.filter(({ needsCredential }) => needsCredential);

  it('that needs a credential is refused without one: 401', async () => {
    expect(guarded().length).toBeGreaterThanOrEqual(18);
    for (const operation of guarded()) {
      const answer = await send(operation, undefined);
      expect.soft([operation.id, answer.status]).toEqual([operation.id, 401]);
      expectProblem(answer, 401, 'AUTHENTICATION_MISSING');
    }
  });

  it.each([
    ['no key of ours', () => 'hunter2'],
    ['a well-formed key that nobody was given', () => newApiKey('live')],
  ])('is refused with %s: 403', async (_what, key) => {
    for (const operation of guarded()) {
      const answer = await send(operation, key());
      expect.soft([operation.id, answer.status]).toEqual([operation.id, 403]);
      expectProblem(answer, 403, 'AUTHENTICATION_INVALID_KEY');
    }
  });

  it('is refused to a key whose role has no permission: 403, and nothing is changed', async () => {
    const before = await stack.call('GET', '/v1/policy', { key: stack.rootKey });
    for (const operation of guarded()) {
      const answer = await send(operation, powerless);
      const code = DECIDED_BY_GATES.has(operation.id) ? 'ACTION_NOT_AUTHORIZED' : 'PERMISSION_MISSING';
      expect.soft([operation.id, answer.body['code']]).toEqual([operation.id, code]);
      expectProblem(answer, 403, code);
    }
    expect((await stack.call('GET', '/v1/policy', { key: stack.rootKey })).body['revision']).toBe(before.body['revision']);
    const { body } = await stack.call('GET', '/v1/keys', { key: stack.rootKey });
    expect(body['keys'].map(({ name }: { name: string }) => name)).not.toContain('stolen');
  });

  it('that needs none is a page of the documentation, or proves itself by its signature', () => {
    expect(
      operations
        .filter(({ needsCredential }) => !needsCredential)
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(expect.arrayContaining(['deliverWebhook', 'openapi', 'docs', 'docs_errors']));
    expect(
      operations.filter(({ needsCredential, id }) => !needsCredential && !/^(docs|openapi|deliverWebhook)/.test(id)),
    ).toEqual([]);
  });

  it('is there: no operation of the document answers as a path or method that is not', async () => {
    for (const operation of operations) {
      const answer = await stack.call(operation.method, operation.url);
      expect.soft([operation.id, answer.body['code']]).not.toEqual([operation.id, 'ROUTE_NOT_FOUND']);
      expect([404, 405]).not.toContain(answer.body['code'] === 'WEBHOOK_SOURCE_UNKNOWN' ? 401 : answer.status);
    }
  });

  it('is all there is: the issue`s routes are in it, and other methods of its paths are 405', async () => {
    const documented = operations.map(({ method, path }) => `${method} ${path}`);
    expect(documented).toEqual(
      expect.arrayContaining([
        'POST /v1/process',
        'POST /process',
        'POST /v1/webhooks/{source}',
        'GET /v1/actions',
        'GET /v1/actions/{trace_id}',
        'GET /v1/actions/{trace_id}/audit',
        'GET /v1/events/stream',
        'POST /v1/decisions',
        'GET /openapi.json',
        'GET /docs',
      ]),
    );
    for (const [path, url] of new Map(operations.map((operation) => [operation.path, operation.url]))) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
        if (!documented.includes(`${method} ${path}`)) {
          const { status } = await stack.call(method, url, { key: stack.rootKey });
          expect.soft(`${method} ${path} ${status}`).toBe(`${method} ${path} 405`);
        }
    }
  });
});

it('a key with some permissions has those and no others', async () => {
  const { key } = await stack.newKey('developer');
  expect((await stack.call('GET', '/v1/actions', { key })).status).toBe(200);
  expect((await stack.call('GET', '/v1/keys', { key })).body['code']).toBe('PERMISSION_MISSING');
  const { key: restricted } = await stack.newKey('restricted');
  expect((await stack.call('GET', '/v1/events/stream', { key: restricted })).body['code']).toBe('PERMISSION_MISSING');
  expect((await stack.submit('echo', {}, { key: restricted, contextId: 'demo' })).status).toBe(200);
  expect((await stack.submit('echo', {}, { key: restricted })).body['code']).toBe('ACTION_NOT_AUTHORIZED');
});

it('the documentation is served whole by the gateway itself', async () => {
  const document = await stack.call('GET', '/openapi.json');
  expect(document.body).toMatchObject({ openapi: expect.stringMatching(/^3\.1/), components: { schemas: { Problem: {} } } });
  const page = await stack.call('GET', '/docs');
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  for (const [, asset] of page.text.matchAll(/(?:src|href)="([^"]+)"/g)) {
    expect(asset).toMatch(/^\/docs\//);
    expect((await stack.call('GET', String(asset))).status).toBe(200);
  }
});
