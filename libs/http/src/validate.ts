import type { z } from 'zod';

import { HttpProblem } from './problem.ts';
import type { Route } from './route.ts';
import { PayloadError, parseStrictJson } from './strict-json.ts';

type Place = 'params' | 'query' | 'headers' | 'body';

const MOST_ERRORS = 20;

/** Parses one part of a request. @throws HttpProblem VALIDATION_FAILED with at most 20 `errors`, each `{ path, message }`. */
export function validated(place: Place, schema: z.ZodType, input: unknown): unknown {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw validationFailed(
    result.error.issues.map(({ path, message }) => ({ path: [place, ...path.map(String)].join('.'), message })),
  );
}

/** @throws HttpProblem VALIDATION_FAILED */
export function validationFailed(errors: readonly { path: string; message: string }[]): HttpProblem {
  const first = errors[0];
  return new HttpProblem(400, 'VALIDATION_FAILED', {
    detail: first === undefined ? 'the request is not valid' : `${first.path}: ${first.message}`,
    extensions: { errors: errors.slice(0, MOST_ERRORS) },
  });
}

export function parsedParams(route: Route, encoded: Readonly<Record<string, string>>): unknown {
  const params: Record<string, string> = {};
  for (const name in encoded) params[name] = decoded(name, encoded[name] ?? '');
  return route.params === undefined ? params : validated('params', route.params, params);
}

function decoded(name: string, text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw validationFailed([{ path: `params.${name}`, message: 'Invalid percent-encoding' }]);
  }
}

/** Names sent once as a string, repeated ones as a list. Undefined where the route declares no query. */
export function parsedQuery(route: Route, query: string): unknown {
  if (route.query === undefined) return undefined;
  const input: Record<string, string | string[]> = Object.create(null);
  if (query !== '') {
    for (const [name, value] of new URLSearchParams(query)) {
      const earlier = input[name];
      if (earlier === undefined) input[name] = value;
      else if (typeof earlier === 'string') input[name] = [earlier, value];
      else earlier.push(value);
    }
  }
  return validated('query', route.query, { ...input });
}

export function parsedHeaders(route: Route, headers: ReadonlyMap<string, string>): unknown {
  if (route.headers === undefined) return undefined;
  const input: Record<string, string | undefined> = {};
  for (const name of Object.keys(route.headers.shape)) input[name] = headers.get(name);
  return validated('headers', route.headers, input);
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/** Refuses before reading what could not be read: another type than JSON, or a compressed body. No type at all is taken as JSON. */
export function refuseOtherThanJson(headers: ReadonlyMap<string, string>): void {
  const type = headers.get('content-type');
  if (type !== undefined && !JSON_TYPE.test(type)) {
    throw new HttpProblem(415, 'UNSUPPORTED_MEDIA_TYPE', { detail: 'send the body as content-type: application/json' });
  }
  const encoding = headers.get('content-encoding');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new HttpProblem(415, 'UNSUPPORTED_MEDIA_TYPE', { detail: 'send the body without content-encoding' });
  }
}

/** @throws HttpProblem PAYLOAD_INVALID, PAYLOAD_TOO_DEEP, VALIDATION_FAILED */
export function parsedBody(route: Route, bytes: Buffer): unknown {
  if (route.body === undefined) return undefined;
  // A schema may allow the body to be left out.
  if (bytes.length === 0 && route.body.safeParse(undefined).success) return validated('body', route.body, undefined);
  return validated('body', route.body, json(bytes));
}

function json(bytes: Buffer): unknown {
  try {
    return parseStrictJson(bytes);
  } catch (cause) {
    if (cause instanceof PayloadError) throw payloadProblem(cause);
    throw cause;
  }
}

export function payloadProblem(error: PayloadError): HttpProblem {
  return new HttpProblem(400, error.code, { detail: error.detail, extensions: { position: error.position }, cause: error });
}
