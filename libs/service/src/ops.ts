import { createHttpServer, defineRoute } from '@techno/http';
import type { Metrics } from '@techno/telemetry';
import { type Check, probeAll } from './health.ts';

export interface OpsOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: Metrics;
  readonly checks: readonly Check[];
  readonly readiness: { readonly draining: boolean };
}

/** The port for operators: `/healthz` (the process lives), `/readyz` (it could do its work now), `/metrics`. */
export async function startOps({
  host,
  port,
  metrics,
  checks,
  readiness,
}: OpsOptions): Promise<{ port: number; close(): Promise<void> }> {
  const healthz = defineRoute({
    method: 'GET',
    path: '/healthz',
    operationId: 'healthz',
    summary: 'Is the process alive?',
    tags: ['ops'],
    security: 'none',
    responses: { 200: { description: 'It is' } },
    handler: async () => ({ status: 200, body: { status: 'ok', uptime_s: Math.round(process.uptime()) } }),
  });
  const readyz = defineRoute({
    method: 'GET',
    path: '/readyz',
    operationId: 'readyz',
    summary: 'Could it do its work now?',
    tags: ['ops'],
    security: 'none',
    responses: { 200: { description: 'Every dependency answered' }, 503: { description: 'Some did not, or it is draining' } },
    handler: async () => {
      const { ok, checks: results } = await probeAll(checks, metrics);
      const status = readiness.draining ? 'draining' : ok ? 'ready' : 'not_ready';
      return { status: status === 'ready' ? 200 : 503, body: { status, checks: results } };
    },
  });
  const metricsRoute = defineRoute({
    method: 'GET',
    path: '/metrics',
    operationId: 'metrics',
    summary: 'Metrics for Prometheus',
    tags: ['ops'],
    security: 'none',
    responses: { 200: { description: 'Prometheus or OpenMetrics text', contentType: 'text/plain' } },
    handler: async ({ header }) => {
      const { body, contentType } = await metrics.text(header('accept'));
      return { status: 200, text: body, contentType };
    },
  });
  const server = createHttpServer({ host, port, routes: [healthz, readyz, metricsRoute] });
  await server.listen();
  return { port: server.port, close: () => server.close(500) };
}
