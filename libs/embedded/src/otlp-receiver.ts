import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export type SpanKind = 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';
export type SpanValue = string | number | boolean | readonly SpanValue[];

/** One span as a collector sees it. */
export interface ReceivedSpan {
  /** 32 and 16 hex digits. */
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined for a root. */
  readonly parentSpanId: string | undefined;
  readonly service: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Readonly<Record<string, SpanValue>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** Set where the span failed. */
  readonly error: string | undefined;
  /** Epoch milliseconds. */
  readonly startMs: number;
  readonly durationMs: number;
}

export interface OtlpReceiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly endpoint: string;
  /** Everything that came, in the order of its coming. */
  readonly spans: readonly ReceivedSpan[];
  /** How many came, also where none is kept. */
  readonly received: number;
  /** The raw bodies, where they are kept. */
  readonly bodies: readonly string[];
  ofTrace(traceId: string): ReceivedSpan[];
  stop(): Promise<void>;
}

/**
 * A collector that takes OTLP/HTTP with JSON, as the services send it. `keep: false` counts and forgets: what exporting costs
 * the sender, without a memory that grows.
 */
export async function startOtlpReceiver({
  keep = true,
  port = 0,
}: { keep?: boolean; port?: number } = {}): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const bodies: string[] = [];
  let received = 0;
  const server = createServer((request, response) => {
    void bodyOf(request).then(
      (body) => {
        if (request.method !== 'POST' || request.url !== '/v1/traces') return response.writeHead(404).end();
        if (keep) {
          const parsed = spansOf(JSON.parse(body) as ExportRequest);
          bodies.push(body);
          spans.push(...parsed);
          received += parsed.length;
        } else received += body.split('"spanId"').length - 1;
        return response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      },
      () => response.writeHead(400).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    bodies,
    get received() {
      return received;
    },
    ofTrace: (traceId) => spans.filter((span) => span.traceId === traceId),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');
}

interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}
interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string | number;
  readonly endTimeUnixNano: string | number;
  readonly attributes?: readonly KeyValue[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status?: { readonly code?: number; readonly message?: string };
}
interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}
interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values: readonly AnyValue[] };
}

/** In the order of the protocol's numbers. */
const KINDS: readonly SpanKind[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUS_ERROR = 2;
const NANOS_PER_MS = 1_000_000;

function spansOf({ resourceSpans }: ExportRequest): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(valuesOf(resource.attributes)['service.name'] ?? '');
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => spanOf(span, service)));
  });
}

function spanOf(span: OtlpSpan, service: string): ReceivedSpan {
  const startMs = Number(span.startTimeUnixNano) / NANOS_PER_MS;
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId || undefined,
    service,
    name: span.name,
    kind: KINDS[span.kind] ?? 'unspecified',
    attributes: valuesOf(span.attributes ?? []),
    links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
    error: span.status?.code === STATUS_ERROR ? (span.status.message ?? '') : undefined,
    startMs,
    durationMs: Number(span.endTimeUnixNano) / NANOS_PER_MS - startMs,
  };
}

function valuesOf(attributes: readonly KeyValue[]): Record<string, SpanValue> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));
}

function valueOf(value: AnyValue): SpanValue {
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(valueOf);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? '';
}
