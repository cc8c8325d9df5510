import type { StoreObserver, WaitingRow } from '@techno/storage';
import { commitSpan, type Span, type Telemetry } from '@techno/telemetry';

/** A row whose trace is recorded. */
type SeenRow = WaitingRow & { readonly span: Span };

/**
 * Every statement is timed. A recorded trace shows its row's wait for the commit; the commit itself, which serves rows of many
 * traces, is one span below the first of them, and the others are linked with it both ways.
 */
export function storeObserver({ metrics, tracer }: Telemetry): StoreObserver {
  const start = (
    parent: string,
    commit: { operation: string; table: string; batch?: number | undefined },
    links: string[] = [],
  ) => {
    const { name, attributes } = commitSpan(commit);
    return tracer.start(name, { kind: 'client', parent, attributes, links });
  };
  return {
    queried: (statement, seconds, code) => metrics.store.queried(statement, seconds, code),
    waiting(commit, traceparent, rows) {
      if (!tracer.isRecorded(traceparent)) return undefined;
      const span = start(traceparent, { ...commit, batch: rows });
      const seen: SeenRow = { span, traceparent: span.traceparent, end: (code) => end(span, code) };
      return seen;
    },
    committing(commit, rows, waiting) {
      const [first, ...others] = waiting as readonly SeenRow[];
      if (first === undefined) return () => {};
      const links = others.map(({ traceparent }) => traceparent);
      const batch = start(first.traceparent, { ...commit, batch: rows }, links);
      for (const { span } of others) span.link(batch.traceparent);
      return (code) => end(batch, code);
    },
  };
}

function end(span: Span, code: string | undefined): void {
  if (code !== undefined) span.recordError(code, code);
  span.end();
}
