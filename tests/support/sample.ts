import fc from 'fast-check';

/** What of JSON Schema the gateway's document uses where a sample is wanted. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly minItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/** Something small that the schema takes: the required fields of an object, the first way of several. */
export function sampler(definitions: Readonly<Record<string, Schema>>): (schema: Schema) => unknown {
  const sample = (schema: Schema): unknown => {
    const { $ref, properties = {}, required = [], items = {}, minItems = 0 } = schema;
    if ($ref !== undefined) return sample(definitions[$ref.split('/').at(-1) ?? ''] ?? {});
    if (schema.const !== undefined) return schema.const;
    if (schema.enum !== undefined) return schema.enum[0];
    const first = schema.anyOf?.[0] ?? schema.oneOf?.[0] ?? schema.allOf?.[0];
    if (first !== undefined) return sample(first);
    if (schema.type === 'string') return text(schema);
    if (schema.type === 'integer' || schema.type === 'number') return Math.max(1, schema.minimum ?? 1);
    if (schema.type === 'boolean') return false;
    if (schema.type === 'array') return Array.from({ length: minItems }, () => sample(items));
    return Object.fromEntries(required.map((name) => [name, sample(properties[name] ?? {})]));
  };
  return sample;
}

function text({ pattern, format }: Schema): string {
  if (format === 'date-time') return new Date().toISOString();
  if (pattern === undefined) return 'demo';
  const [match = ''] = fc.sample(fc.stringMatching(new RegExp(pattern, 'u')), { numRuns: 1, seed: 1 });
  return match;
}
