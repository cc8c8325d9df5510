import { traceIdFrom } from '@techno/kernel';
import { scrubText } from '../log/scrub.ts';
import { formatTraceparent, type TraceParent } from './traceparent.ts';

export type AttributeValue = string | number | boolean | readonly string[];
/** Ids, names and figures; no personal data. An `undefined` is left out. */
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

export interface Span {
  /** For the headers of what this span sends. */
  readonly traceparent: string;
  /** `tr_…`, the id a caller sees. */
  readonly traceId: string;
  /** 32 hex digits. */
  readonly w3cTraceId: string;
  readonly sampled: boolean;
  setAttributes(attributes: Attributes): void;
  /** Points to a span of another trace, or elsewhere in this one. */
  link(traceparent: string): void;
  /** Marks the span as failed. `code` is stable (`error.type`); `message` is for people. */
  recordError(code: string, message: string): void;
  end(): void;
}

function nothing(): void {}

/** A span nobody will see. What it sends carries the parent's own position, so the tree stays connected where it is recorded. */
export function unrecordedSpan(parent: TraceParent): Span {
  return {
    traceparent: formatTraceparent(parent.traceId, parent.spanId, parent.sampled),
    get traceId() {
      return traceIdFrom(parent.traceId);
    },
    w3cTraceId: parent.traceId,
    sampled: parent.sampled,
    setAttributes: nothing,
    link: nothing,
    recordError: nothing,
    end: nothing,
  };
}

/** Spans leave the process: what looks like a credential does not. */
export function cleanAttributes(attributes: Attributes): Record<string, string | number | boolean | string[]> {
  const clean: Record<string, string | number | boolean | string[]> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    if (typeof value === 'string') clean[name] = scrubText(value);
    else clean[name] = typeof value === 'object' ? value.map(scrubText) : value;
  }
  return clean;
}
