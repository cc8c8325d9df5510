import type { z } from 'zod';
import {
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
  createDocument,
} from 'zod-openapi';

import { PROBLEM_CONTENT_TYPE, problemSchema } from './problem.ts';
import type { ResponseDoc, Route, RouteDoc, WebhookDoc } from './route.ts';

/** An OpenAPI 3.1 document, ready for JSON.stringify. */
export type OpenApiDocument = ReturnType<typeof createDocument>;

export interface OpenApiOptions {
  readonly title: string;
  readonly version: string;
  readonly description?: string;
  readonly routes: readonly Route[];
  /** Events beyond those that routes declare with `webhookDoc`, e.g. the ones this system sends. */
  readonly webhooks?: readonly WebhookDoc[];
}

const PROBLEM = { [PROBLEM_CONTENT_TYPE]: { schema: problemSchema } };

/** The document of exactly these routes, from the schemas that validate them. Schemas named with `.meta({ id })` become components. */
export function openApi({ title, version, description, routes, webhooks = [] }: OpenApiOptions): OpenApiDocument {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  }
  const received = routes.flatMap(({ webhookDoc }) => webhookDoc ?? []);
  return createDocument({
    openapi: '3.1.0',
    info: { title, version, ...(description === undefined ? {} : { description }) },
    paths,
    webhooks: Object.fromEntries([...received, ...webhooks].map((event) => [event.name, { post: webhook(event) }])),
    components: {
      securitySchemes: {
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-KEY', description: 'sk_live_… or sk_test_…' },
        bearer: { type: 'http', scheme: 'bearer', description: 'The same key as a bearer token' },
      },
    },
  });
}

function operation(route: Route): ZodOpenApiOperationObject {
  const { operationId, summary, description, tags, params, query, headers, body, rawBody, security } = route;
  const requestParams = {
    ...(params === undefined ? {} : { path: params }),
    ...(query === undefined ? {} : { query }),
    ...(headers === undefined ? {} : { header: headers }),
  };
  const content =
    body === undefined
      ? { '*/*': { schema: { description: 'Taken as it is, byte by byte' } } }
      : { 'application/json': { schema: body } };
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [...tags],
    security: security === 'none' ? [] : [{ apiKey: [] }, { bearer: [] }],
    ...(params === undefined ? undeclaredParams(route) : {}),
    requestParams,
    ...(body !== undefined || rawBody ? { requestBody: { required: isRequired(body), content } } : {}),
    responses: responses(route),
  };
}

/** A path may name parameters that no schema describes: they are strings. */
function undeclaredParams({ path }: RouteDoc): Pick<ZodOpenApiOperationObject, 'parameters'> {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return { parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })) };
}

function isRequired(body: z.ZodType | undefined): boolean {
  return body === undefined || !body.safeParse(undefined).success;
}

function responses({ responses: docs }: RouteDoc): ZodOpenApiResponsesObject {
  const all: ZodOpenApiResponsesObject = {};
  for (const [status, doc] of Object.entries(docs)) all[status as '200'] = response(Number(status), doc);
  return { ...all, default: { description: 'A problem', content: PROBLEM } };
}

function response(
  status: number,
  { description, schema, contentType, headers }: ResponseDoc,
): ZodOpenApiResponsesObject['200'] & object {
  const content =
    schema !== undefined || contentType !== undefined
      ? { [contentType ?? 'application/json']: schema === undefined ? {} : { schema } }
      : status >= 400
        ? PROBLEM
        : undefined;
  return { description, ...(headers === undefined ? {} : { headers }), ...(content === undefined ? {} : { content }) };
}

function webhook({ name, summary, description, headers, body }: WebhookDoc): ZodOpenApiOperationObject {
  return {
    operationId: `webhook_${name.replaceAll(/\W/g, '_')}`,
    summary,
    ...(description === undefined ? {} : { description }),
    ...(headers === undefined ? {} : { requestParams: { header: headers } }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: { '2XX': { description: 'Accepted; nothing is sent again' } },
  };
}
