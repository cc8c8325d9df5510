import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTelemetry, type Telemetry } from '../telemetry.ts';
import { otlpExport } from './otlp.ts';
import { processSpan, sendSpan } from './messaging.ts';

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: { key: string; value: { stringValue?: string } }[];
  links?: { traceId: string }[];
  status: { code?: number; message?: string };
}
interface OtlpBody {
  resourceSpans: { resource: { attributes: { key: string }[] }; scopeSpans: { spans: OtlpSpan[] }[] }[];
}

// Numbers of the OTLP protocol.
const SERVER = 2;
const PRODUCER = 4;
const CONSUMER = 5;
const ERROR = 2;

let collector: Server;
let bodies: OtlpBody[];
let requests: string[];
let endpoint: string;

beforeEach(async () => {
  bodies = [];
  requests = [];
  collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push(`${request.method} ${request.url}`);
      bodies.push(JSON.parse(Buffer.concat(chunks).toString()) as OtlpBody);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
});

afterEach(async () => {
  collector.closeAllConnections();
  await new Promise((resolve) => collector.close(resolve));
});

function telemetryOf(service: string, traceRatio = 1): Telemetry {
  return createTelemetry({
    service,
    version: '1.0.0',
    logLevel: 'silent',
    traceRatio,
    spans: otlpExport(endpoint),
    logDestination: { write() {} },
  });
}

function received(): OtlpSpan[] {
  return bodies.flatMap((body) => body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)));
}

function attribute(span: OtlpSpan | undefined, key: string): string | undefined {
  return span?.attributes.find((candidate) => candidate.key === key)?.value.stringValue;
}

describe('tracer', () => {
  it('shows one connected tree over a hop from one process to another', async () => {
    const gateway = telemetryOf('gateway');
    const engine = telemetryOf('gate-engine');
    const stranger = `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`;

    const root = gateway.tracer.startRoot('POST /v1/process', 'server', { 'http.route': '/v1/process' }, { link: stranger });
    const message = { subject: 'action.requested.api', template: 'action.requested.>', messageId: 'm1' };
    const send = gateway.tracer.start(sendSpan(message).name, { kind: 'producer', parent: root, ...sendSpan(message) });
    const headers = { traceparent: send.traceparent };
    send.end();
    const handled = processSpan({ ...message, consumer: 'decide' });
    const attempt = engine.tracer.start(handled.name, { kind: 'consumer', parent: headers.traceparent, ...handled });
    attempt.recordError('POLICY_STALE', 'policy from sk_live_CANARY is stale');
    attempt.setAttributes({ 'techno.note': 'Bearer CANARY', 'techno.absent': undefined });
    attempt.end();
    root.end();
    await Promise.all([gateway.shutdown(), engine.shutdown()]);

    const spans = received();
    expect(requests).toEqual(['POST /v1/traces', 'POST /v1/traces']);
    expect(spans).toHaveLength(3);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([root.w3cTraceId]));
    expect(root.traceId).toBe(`tr_${root.w3cTraceId}`);

    const server = spans.find(({ kind }) => kind === SERVER);
    const producer = spans.find(({ kind }) => kind === PRODUCER);
    const consumer = spans.find(({ kind }) => kind === CONSUMER);
    expect(server?.parentSpanId ?? '').toBe('');
    expect(server?.links?.map(({ traceId }) => traceId)).toEqual(['c'.repeat(32)]);
    expect(producer).toMatchObject({ parentSpanId: server?.spanId, name: 'publish action.requested.>' });
    expect(consumer).toMatchObject({ parentSpanId: producer?.spanId, name: 'process action.requested.>' });

    expect(attribute(producer, 'messaging.system.name')).toBe('nats');
    expect(attribute(producer, 'messaging.operation.type')).toBe('send');
    expect(attribute(producer, 'messaging.destination.name')).toBe('action.requested.api');
    expect(attribute(producer, 'messaging.message.id')).toBe('m1');
    expect(attribute(consumer, 'messaging.operation.type')).toBe('process');
    expect(attribute(consumer, 'messaging.consumer.group.name')).toBe('decide');
    expect(attribute(consumer, 'error.type')).toBe('POLICY_STALE');
    expect(consumer?.status).toEqual({ code: ERROR, message: 'policy from sk_live_[redacted] is stale' });
    expect(JSON.stringify(bodies)).not.toContain('CANARY');
  });

  it('tells who it is and nothing more', async () => {
    const telemetry = telemetryOf('executor');
    telemetry.tracer.startRoot('x', 'internal').end();
    await telemetry.shutdown();
    const keys = bodies[0]?.resourceSpans[0]?.resource.attributes.map(({ key }) => key);
    expect(keys).toEqual(['service.name', 'service.version', 'service.instance.id']);
  });

  it('records the given share of new traces, and what it does not record costs no export', async () => {
    const telemetry = telemetryOf('gateway', 0.2);
    const roots = Array.from({ length: 2_000 }, () => telemetry.tracer.startRoot('x', 'server'));
    for (const root of roots) {
      telemetry.tracer.start('y', { kind: 'internal', parent: root }).end();
      root.end();
    }
    await telemetry.shutdown();
    const sampled = roots.filter((root) => root.sampled);
    // Six standard deviations around 400.
    expect(sampled.length).toBeGreaterThan(290);
    expect(sampled.length).toBeLessThan(510);
    expect(received()).toHaveLength(sampled.length * 2);
    expect(new Set(received().map(({ traceId }) => traceId))).toEqual(new Set(sampled.map(({ w3cTraceId }) => w3cTraceId)));
  });

  it('decides the same way for one id in every process, and obeys the parent whatever its own share', () => {
    const none = telemetryOf('executor', 0);
    const all = telemetryOf('executor', 1);
    const parent = { sampled: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, not: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00` };
    expect(none.tracer.start('x', { kind: 'consumer', parent: parent.sampled }).sampled).toBe(true);
    expect(all.tracer.start('x', { kind: 'consumer', parent: parent.not }).traceparent).toBe(parent.not);
    expect(all.tracer.start('x', { kind: 'consumer', parent: 'nonsense' }).sampled).toBe(true);
    return Promise.all([none.shutdown(), all.shutdown()]);
  });

  it('without a collector makes ids and flags, and passes a parent on', async () => {
    const telemetry = createTelemetry({
      service: 's',
      version: '1',
      logLevel: 'silent',
      traceRatio: 1,
      logDestination: { write() {} },
    });
    const root = telemetry.tracer.startRoot('x', 'server');
    expect(root).toMatchObject({ sampled: true, traceId: expect.stringMatching(/^tr_[0-9a-f]{32}$/) as string });
    expect(telemetry.tracer.start('y', { kind: 'producer', parent: root.traceparent }).traceparent).toBe(root.traceparent);
    await telemetry.shutdown();
  });

  it('is not held up by a collector that is away', async () => {
    await new Promise((resolve) => collector.close(resolve));
    const telemetry = telemetryOf('gateway', 1);
    for (let i = 0; i < 20_000; i++) telemetry.tracer.startRoot('x', 'server').end();
    const started = performance.now();
    await telemetry.shutdown();
    expect(performance.now() - started).toBeLessThan(4_000);
    expect((await telemetry.metrics.text()).body).toMatch(/trace_spans_exported_total\{outcome="failed"\} [1-9]/);
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  });
});
