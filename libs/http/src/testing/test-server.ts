import { onTestFinished } from 'vitest';

import type { HttpServerOptions } from '../options.ts';
import { type Route, type RouteDefinition, defineRoute } from '../route.ts';
import { type HttpServer, createHttpServer } from '../server.ts';

/** A server on a free port of this machine, closed when the test ends. */
export async function startServer(
  routes: readonly Route[],
  options: Partial<HttpServerOptions> = {},
): Promise<HttpServer & { url: string }> {
  const server = createHttpServer({ host: '127.0.0.1', port: 0, routes, ...options });
  await server.listen();
  onTestFinished(() => server.close(0));
  return { ...server, url: `http://127.0.0.1:${server.port}` };
}

let made = 0;

/** A route where only the parts that matter to a test are given. */
export function route(
  method: Route['method'],
  path: Route['path'],
  handler: RouteDefinition['handler'],
  more: Partial<Pick<RouteDefinition, 'rawBody' | 'security'>> = {},
): Route {
  made += 1;
  const doc = { summary: 'for a test', tags: [], security: 'none', responses: { 200: { description: 'done' } } } as const;
  return defineRoute({ ...doc, method, path, operationId: `operation_${made}`, handler, ...more });
}

/** A promise and how to settle it. */
export const gate = <Value = void>() => Promise.withResolvers<Value>();
