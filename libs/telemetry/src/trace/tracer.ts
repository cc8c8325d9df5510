import { randomUUID } from 'node:crypto';
import { type Link, ROOT_CONTEXT, SpanKind, trace, TraceFlags } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { ParentBasedSampler, SamplingDecision, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { type Clock, newSpanId, newW3cTraceId, SECOND, w3cTraceIdOf } from '@techno/kernel';
import { type ExportReport, otlpProcessor } from './export.ts';
import { type Attributes, cleanAttributes, recordedSpan, type Span, unrecordedSpan } from './span.ts';
import { formatTraceparent, parseTraceparent, type TraceParent } from './traceparent.ts';

export type SpanKindName = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** Attributes as a function are only made for a span that is recorded. */
export type LazyAttributes = Attributes | (() => Attributes);

export interface StartOptions {
  readonly kind: SpanKindName;
  /** A header that came in, or a span of this process. Nothing, or nothing valid: a new trace. */
  readonly parent: string | Span | undefined;
  readonly attributes?: LazyAttributes;
  /** traceparents of other traces that led to this one. */
  readonly links?: readonly string[];
}

export interface RootOptions {
  readonly link?: string | undefined;
  /** The W3C id to take instead of a new one, for a request that was given its id before its span. */
  readonly w3cTraceId?: string | undefined;
}

export interface Tracer {
  /**
   * Always a new trace, whose id starts with the time. `link` is the traceparent a caller sent: strangers do not choose our ids
   * nor what we sample.
   */
  startRoot(name: string, kind: SpanKindName, attributes?: LazyAttributes, options?: RootOptions): Span;
  /** Whether a trace of that W3C id is recorded: the same answer everywhere, from the id alone. */
  isSampled(w3cTraceId: string): boolean;
  /** A child of `parent`, recorded where the parent is sampled. */
  start(name: string, options: StartOptions): Span;
  /** Whether what hangs below that position is recorded: asked before a span is made for one of very many. */
  isRecorded(traceparent: string | undefined): traceparent is string;
  /**
   * The position of a trace's root, from its id (`tr_…`) alone: where what happens long after the request, and knows no more
   * of it than its id, belongs.
   */
  rootOf(traceId: string): string;
}

export interface TracerOptions {
  readonly service: string;
  readonly version: string;
  /** Share of new traces that are recorded, 0 to 1. */
  readonly ratio: number;
  /** OTLP/HTTP base. Without one, ids and sampling flags are made as ever, but no span is. */
  readonly otlpEndpoint?: string | undefined;
  readonly clock: Clock;
  readonly onExport: ExportReport;
}

const KINDS: Record<SpanKindName, SpanKind> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

const SHUTDOWN_LIMIT_MS = 3 * SECOND;

export function createTracer(options: TracerOptions): { tracer: Tracer; shutdown: () => Promise<void> } {
  const sampler = new TraceIdRatioBasedSampler(options.ratio);
  const isSampled = (traceId: string): boolean =>
    sampler.shouldSample(ROOT_CONTEXT, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED;

  // The decision is made here, before the SDK is touched; then the SDK asks for the id it was made on.
  let nextTraceId = '';
  let nextSpanId: string | undefined;
  const provider =
    options.otlpEndpoint === undefined
      ? undefined
      : new TracerProvider({
          // Explicit: the default detectors put command-line arguments and the owner of the process into every export.
          resource: resourceFromAttributes({
            'service.name': options.service,
            'service.version': options.version,
            'service.instance.id': randomUUID(),
          }),
          sampler: new ParentBasedSampler({ root: sampler }),
          idGenerator: { generateTraceId: () => nextTraceId, generateSpanId: () => nextSpanId ?? newSpanId() },
          spanProcessors: [otlpProcessor(options.otlpEndpoint, options.onExport)],
          spanLimits: { attributeValueLengthLimit: 1_024 },
        });
  const sdk = provider?.getTracer('@techno/telemetry', options.version);

  const startRoot: Tracer['startRoot'] = (name, kind, attributes, rootOptions) => {
    const traceId = rootOptions?.w3cTraceId ?? newW3cTraceId(options.clock.now());
    const sampled = isSampled(traceId);
    if (!sampled || sdk === undefined) return unrecordedSpan({ traceId, spanId: rootSpanId(traceId), sampled });
    const links = linksTo(rootOptions?.link === undefined ? [] : [rootOptions.link]);
    nextTraceId = traceId;
    nextSpanId = rootSpanId(traceId);
    try {
      return recordedSpan(
        sdk.startSpan(name, { kind: KINDS[kind], attributes: made(attributes), links, root: true }, ROOT_CONTEXT),
      );
    } finally {
      nextSpanId = undefined;
    }
  };

  const start: Tracer['start'] = (name, { kind, parent, attributes, links }) => {
    // Nothing records it, so it is its own child.
    if (typeof parent === 'object' && (!parent.sampled || sdk === undefined)) return parent;
    const context = parseTraceparent(typeof parent === 'object' ? parent.traceparent : parent);
    if (context === undefined) return startRoot(name, kind, attributes);
    if (!context.sampled || sdk === undefined) return unrecordedSpan(context);
    const parentContext = trace.setSpanContext(ROOT_CONTEXT, spanContext(context, typeof parent === 'string'));
    return recordedSpan(
      sdk.startSpan(name, { kind: KINDS[kind], attributes: made(attributes), links: linksTo(links ?? []) }, parentContext),
    );
  };

  return {
    tracer: {
      startRoot,
      start,
      isSampled,
      isRecorded: (traceparent): traceparent is string =>
        sdk !== undefined && traceparent !== undefined && SAMPLED.test(traceparent),
      rootOf: (traceId) => rootPosition(w3cTraceIdOf(traceId), isSampled),
    },
    shutdown: () => (provider === undefined ? Promise.resolve() : settledWithin(provider.shutdown(), SHUTDOWN_LIMIT_MS)),
  };
}

/** Flags end the header of the version that all of ours have. */
const SAMPLED = /[13579bdf]$/;

/** The random end of the trace id: so that the id alone says where the trace begins. */
function rootSpanId(w3cTraceId: string): string {
  return w3cTraceId.slice(-16);
}

function rootPosition(w3cTraceId: string, isSampled: (w3cTraceId: string) => boolean): string {
  return formatTraceparent(w3cTraceId, rootSpanId(w3cTraceId), isSampled(w3cTraceId));
}

function made(attributes: LazyAttributes | undefined) {
  if (attributes === undefined) return {};
  return cleanAttributes(typeof attributes === 'function' ? attributes() : attributes);
}

function spanContext({ traceId, spanId, sampled }: TraceParent, isRemote: boolean) {
  return { traceId, spanId, traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote };
}

function linksTo(traceparents: readonly string[]): Link[] {
  return traceparents
    .map((text) => parseTraceparent(text))
    .filter((linked) => linked !== undefined)
    .map((linked) => ({ context: spanContext(linked, true) }));
}

/** Resolves when `work` has ended either way, at the latest after `limitMs`: a dead collector must not hold up an exit. */
async function settledWithin(work: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work.catch(() => undefined), limit]);
  clearTimeout(timer);
}
