import { type Clock, newW3cTraceId, SECOND, w3cTraceIdOf } from '@techno/kernel';
import type { NewSpan, SpanKindName, SpanRecorder } from './recorder.ts';
import { sampledShare } from './sampling.ts';
import { type Attributes, type Span, unrecordedSpan } from './span.ts';
import { formatTraceparent, parseTraceparent } from './traceparent.ts';

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
  /** Share of new traces that are recorded, 0 to 1. */
  readonly ratio: number;
  /** Without one, ids and sampling flags are made as ever, but no span is. */
  readonly recorder?: SpanRecorder | undefined;
  readonly clock: Clock;
}

const SHUTDOWN_LIMIT_MS = 3 * SECOND;

export function createTracer({ ratio, recorder, clock }: TracerOptions): { tracer: Tracer; shutdown: () => Promise<void> } {
  const isSampled = sampledShare(ratio);

  const startRoot: Tracer['startRoot'] = (name, kind, attributes, rootOptions) => {
    const traceId = rootOptions?.w3cTraceId ?? newW3cTraceId(clock.now());
    const sampled = isSampled(traceId);
    const ids = { traceId, spanId: rootSpanId(traceId) };
    if (!sampled || recorder === undefined) return unrecordedSpan({ ...ids, sampled });
    return recorder.root(described(name, kind, attributes, rootOptions?.link === undefined ? [] : [rootOptions.link]), ids);
  };

  const start: Tracer['start'] = (name, { kind, parent, attributes, links = [] }) => {
    // Nothing records it, so it is its own child.
    if (typeof parent === 'object' && (!parent.sampled || recorder === undefined)) return parent;
    const context = parseTraceparent(typeof parent === 'object' ? parent.traceparent : parent);
    if (context === undefined) return startRoot(name, kind, attributes);
    if (!context.sampled || recorder === undefined) return unrecordedSpan(context);
    return recorder.child(described(name, kind, attributes, links), context, typeof parent === 'string');
  };

  return {
    tracer: {
      startRoot,
      start,
      isSampled,
      isRecorded: (traceparent): traceparent is string =>
        recorder !== undefined && traceparent !== undefined && SAMPLED.test(traceparent),
      rootOf: (traceId) => rootPosition(w3cTraceIdOf(traceId), isSampled),
    },
    shutdown: () => (recorder === undefined ? Promise.resolve() : settledWithin(recorder.shutdown(), SHUTDOWN_LIMIT_MS)),
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

function described(name: string, kind: SpanKindName, attributes: LazyAttributes = {}, links: readonly string[]): NewSpan {
  return {
    name,
    kind,
    attributes: typeof attributes === 'function' ? attributes() : attributes,
    links: links.map((text) => parseTraceparent(text)).filter((linked) => linked !== undefined),
  };
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
