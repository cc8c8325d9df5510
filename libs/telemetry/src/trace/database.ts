import type { Attributes } from './span.ts';

/** OpenTelemetry's names for databases, https://opentelemetry.io/docs/specs/semconv/database/database-spans/ */
const SYSTEM = { 'db.system.name': 'postgresql' } as const;

/**
 * Name and attributes of the `client` span around a commit. `batch`: the rows of the commit itself, which serves many; without
 * it the span is one row's wait for such a commit.
 */
export function commitSpan({ operation, table, batch }: { operation: string; table: string; batch?: number | undefined }): {
  name: string;
  attributes: Attributes;
} {
  const named = batch === undefined ? operation : `BATCH ${operation}`;
  return {
    name: `${named} ${table}`,
    attributes: {
      ...SYSTEM,
      'db.operation.name': named,
      'db.collection.name': table,
      'db.operation.batch.size': batch,
    },
  };
}
