import { StartupError } from '@techno/kernel';
import type { z } from 'zod';

import type { Reply } from './reply.ts';

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof METHODS)[number];

type Shape = z.ZodObject | undefined;
type Parsed<Schema, Otherwise> = Schema extends z.ZodType ? z.output<Schema> : Otherwise;

/** What a handler is given. Destructuring is safe. The parsed parts are undefined where the route declares no schema. */
export interface RequestContext<Params = unknown, Query = unknown, Headers = unknown, Body = unknown> {
  readonly params: Params;
  readonly query: Query;
  readonly headers: Headers;
  readonly body: Body;
  /** The body's exact bytes; empty where the route reads none. */
  readonly rawBody: Buffer;
  /** The length of `rawBody`. */
  readonly bytes: number;
  /** As sent: a HEAD request reaches the GET route as `HEAD`. */
  readonly method: string;
  /** As sent, percent-encoded, without the query. */
  readonly path: string;
  /** A header by its name in any case; repeated ones joined by `, `. */
  readonly header: (name: string) => string | undefined;
  /** The client's IP address: the socket's peer, or what the configured number of trusted proxies vouches for. */
  readonly address: string;
  /** Aborted when the client goes, the time limit passes, or the server closes. */
  readonly signal: AbortSignal;
  /** `tr_` + W3C trace-id, new for every request; the same one that its problem answers carry. */
  readonly traceId: string;
  /** Milliseconds since the epoch. */
  readonly receivedAtMs: number;
}

export interface ResponseDoc {
  readonly description: string;
  /** JSON by default. Answers ≥ 400 without one are documented as problem details. */
  readonly schema?: z.ZodType;
  readonly contentType?: string;
  readonly headers?: z.ZodObject;
}

/** An event that others send to this route, for OpenAPI's `webhooks`. */
export interface WebhookDoc {
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
}

export interface RouteDoc {
  readonly method: Method;
  /** OpenAPI form: `/v1/actions/{trace_id}`. */
  readonly path: `/${string}`;
  /** Unique in a server. */
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly responses: Readonly<Record<number, ResponseDoc>>;
  /** `credential`: X-API-KEY or a bearer token, in the documentation; the handler is who checks it. */
  readonly security: 'none' | 'credential';
  readonly webhookDoc?: WebhookDoc;
}

export interface Route extends RouteDoc {
  readonly params: z.ZodObject | undefined;
  readonly query: z.ZodObject | undefined;
  readonly headers: z.ZodObject | undefined;
  readonly body: z.ZodType | undefined;
  readonly rawBody: boolean;
  readonly handler: (context: RequestContext) => Reply | Promise<Reply>;
}

export interface RouteDefinition<
  Params extends Shape = undefined,
  Query extends Shape = undefined,
  Headers extends Shape = undefined,
  Body extends z.ZodType | undefined = undefined,
> extends RouteDoc {
  readonly params?: Params;
  /** A name sent once is a string, sent more often a list of strings. */
  readonly query?: Query;
  /** Names in lower case. */
  readonly headers?: Headers;
  /** Of a JSON body. */
  readonly body?: Body;
  /** The handler takes the body's bytes as they came, of any type. Excludes `body`. */
  readonly rawBody?: boolean;
  handler(
    context: RequestContext<
      Parsed<Params, Record<string, string>>,
      Parsed<Query, undefined>,
      Parsed<Headers, undefined>,
      Parsed<Body, undefined>
    >,
  ): Reply | Promise<Reply>;
}

/**
 * One operation: what it takes, what it answers and what it does, with the handler's types inferred from the schemas that
 * validate and document it.
 *
 * @throws StartupError ROUTE_INVALID when path, params or body contradict each other.
 */
export function defineRoute<
  Params extends Shape = undefined,
  Query extends Shape = undefined,
  Headers extends Shape = undefined,
  Body extends z.ZodType | undefined = undefined,
>(definition: RouteDefinition<Params, Query, Headers, Body>): Route {
  const { params, query, headers, body, rawBody = false, handler, ...doc } = definition;
  const route: Route = { ...doc, params, query, headers, body, rawBody, handler: handler as unknown as Route['handler'] };
  const fault = faultIn(route);
  if (fault !== undefined) {
    throw new StartupError('ROUTE_INVALID', `${route.method} ${route.path}: ${fault}`, 'Correct the route definition.');
  }
  return route;
}

/** The names in a path's braces, in order. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name);
}

function faultIn(route: Route): string | undefined {
  for (const segment of route.path.slice(1).split('/')) {
    if (/[{}]/.test(segment) && !/^\{\w+\}$/.test(segment)) return `the segment ${segment} is neither literal nor {name}`;
  }
  const names = pathParameters(route.path);
  if (new Set(names).size !== names.length) return 'the path names a parameter twice';
  const declared = route.params === undefined ? names : Object.keys(route.params.shape);
  if (declared.toSorted().join() !== names.toSorted().join())
    return `params declares [${declared.join()}], the path has [${names.join()}]`;
  if (route.body !== undefined && route.rawBody) return 'body and rawBody exclude each other';
  if (route.method === 'GET' && (route.body !== undefined || route.rawBody)) return 'a GET takes no body';
  const upper = Object.keys(route.headers?.shape ?? {}).find((name) => name !== name.toLowerCase());
  if (upper !== undefined) return `the header ${upper} must be in lower case`;
  if (Object.keys(route.responses).length === 0) return 'it documents no response';
  return undefined;
}
