import type { Registry } from 'prom-client';
import { type Cell, counterCells, histogramCells } from './cells.ts';

export interface FinishedRequest {
  readonly method: string;
  /** The route's template (`/v1/actions/{trace_id}`), never the path that was asked for. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
  /** 32 hex digits, of a sampled trace. Becomes the exemplar. */
  readonly exemplarTraceId?: string | undefined;
}

export interface RequestMetrics {
  /** `process_requests_total`: actions asked for with POST /v1/process. */
  readonly processRequests: Cell;
  /** `techno_requests_total{method,route,status}` and `techno_request_latency_seconds{method,route}`. */
  finished(request: FinishedRequest): void;
  /** `load_shed_total{reason}`: requests refused with 503 because the process holds as much as it may. */
  shed(reason: string): void;
  /** `webhook_rejections_total{source,reason}`: webhooks that failed their verification. */
  webhookRejected(source: string, reason: string): void;
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export function requestMetrics(registry: Registry): RequestMetrics {
  const processRequests = counterCells(registry, {
    name: 'process_requests_total',
    help: 'Actions asked for with POST /v1/process',
    labels: [],
  });
  const total = counterCells(registry, {
    name: 'techno_requests_total',
    help: 'HTTP requests by method, route template and status',
    labels: ['method', 'route', 'status'],
  });
  const latency = histogramCells(registry, {
    name: 'techno_request_latency_seconds',
    help: 'Time from the first byte of a request to its answer',
    labels: ['method', 'route'],
    bucketsSeconds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    exemplars: true,
  });
  const shed = counterCells(registry, {
    name: 'load_shed_total',
    help: 'Requests refused with 503 because the process is full',
    labels: ['reason'],
  });
  // Shown at 0 before the first, so that the first is an increase.
  shed({ reason: 'in_flight' });
  const webhookRejections = counterCells(registry, {
    name: 'webhook_rejections_total',
    help: 'Webhooks that failed verification',
    labels: ['source', 'reason'],
  });
  return {
    processRequests: processRequests({}),
    finished({ method, route, status, seconds, exemplarTraceId }) {
      const known = METHODS.has(method) ? method : 'OTHER';
      total({ method: known, route, status: String(status) }).inc();
      latency({ method: known, route })(seconds, exemplarTraceId);
    },
    shed: (reason) => shed({ reason }).inc(),
    webhookRejected: (source, reason) => webhookRejections({ source, reason }).inc(),
  };
}
