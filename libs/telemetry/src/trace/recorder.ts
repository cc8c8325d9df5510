import type { Attributes, Span } from './span.ts';
import type { TraceParent } from './traceparent.ts';

export type SpanKindName = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** A span that is recorded: its trace is sampled, and somebody takes what is recorded. */
export interface NewSpan {
  readonly name: string;
  readonly kind: SpanKindName;
  readonly attributes: Attributes;
  readonly links: readonly TraceParent[];
}

/** What records spans and sends them off. */
export interface SpanRecorder {
  /** Where they go. */
  readonly endpoint: string;
  /** The root of a trace, under exactly these ids. */
  root(span: NewSpan, ids: { readonly traceId: string; readonly spanId: string }): Span;
  /** `isRemote`: the parent is a span of another process. */
  child(span: NewSpan, parent: TraceParent, isRemote: boolean): Span;
  shutdown(): Promise<void>;
}

export type ExportReport = (outcome: 'ok' | 'failed', spans: number) => void;

/** Makes the recorder of a process. */
export type SpanExport = (process: {
  readonly service: string;
  readonly version: string;
  readonly onExport: ExportReport;
}) => SpanRecorder;
