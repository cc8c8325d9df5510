import { createRequire } from 'node:module';
import { errorMessage } from '@techno/kernel';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { FormatsPlugin } from 'ajv-formats';
import { jsonPointer, PolicyError } from './policy-error.ts';

// ajv-formats is CommonJS whose default export TypeScript and Node see differently.
const addFormats = createRequire(import.meta.url)('ajv-formats') as FormatsPlugin;

/** Says what is wrong with a payload, without a word of the payload itself, or undefined when it matches. */
export type PayloadCheck = (payload: unknown) => string | undefined;

export type SchemaCompiler = (schema: Record<string, unknown>, path: readonly string[]) => PayloadCheck;

/**
 * Checks by the text of their schema. Code is generated for each, which holds up every decision meanwhile: what one revision
 * has in common with the one before it is compiled once.
 */
const checks = new Map<string, PayloadCheck>();
/** More than any policy has; beyond it all are forgotten, and compiled again as they are needed. */
const MOST_KEPT = 5_000;

/** What a schema means on its own. With a name it may be referred to by others, or refer to them. */
const standsAlone = (text: string) => !/"\$(?:id|dynamicRef)"|"\$ref":"(?!#)/.test(text);

/**
 * A compiler of JSON Schemas (2020-12) that judge untrusted data: nothing is coerced, defaulted or removed, only own
 * properties count, unknown keywords and formats are refused. Patterns are the operator's and are trusted.
 * The compiler throws a PolicyError (POLICY_INVALID) that names `path`.
 */
export function schemaCompiler(): SchemaCompiler {
  // Of one document, whose schemas may refer to each other by name.
  let named: Ajv2020 | undefined;
  return (schema, path) => {
    // An asynchronous validator answers with a promise, which is truthy whatever it will say.
    if ('$async' in schema) throw new PolicyError([{ path: jsonPointer(path), message: '$async is not supported' }]);
    const text = JSON.stringify(schema);
    const known = checks.get(text);
    if (known !== undefined) return known;
    try {
      if (!standsAlone(text)) return checkOf((named ??= strictAjv()).compile(schema));
      const check = checkOf(compileAlone(schema));
      keep(text, check);
      return check;
    } catch (error) {
      throw new PolicyError([{ path: jsonPointer(path), message: errorMessage(error) }], { cause: error });
    }
  };
}

/** To make an instance, which compiles what schemas are checked by, takes longer than all schemas of a policy. */
let shared: Ajv2020 | undefined;

function compileAlone(schema: Record<string, unknown>): ValidateFunction {
  shared ??= strictAjv();
  try {
    return shared.compile(schema);
  } finally {
    // The instance would keep every one for good.
    shared.removeSchema(schema);
  }
}

function keep(text: string, check: PayloadCheck): void {
  if (checks.size >= MOST_KEPT) checks.clear();
  checks.set(text, check);
}

function strictAjv(): Ajv2020 {
  const ajv = new Ajv2020({
    strict: true,
    // `oneOf: [{ required: ['a'] }, { required: ['b'] }]` is the ordinary way to say "exactly one of".
    strictRequired: false,
    allowUnionTypes: true,
    ownProperties: true,
    allErrors: false,
    coerceTypes: false,
    useDefaults: false,
    removeAdditional: false,
    logger: false,
  });
  addFormats(ajv);
  return ajv;
}

function checkOf(validate: ValidateFunction): PayloadCheck {
  return (payload) => {
    const valid: unknown = validate(payload);
    if (valid === true) return undefined;
    return describe(validate.errors?.findLast(({ keyword }) => keyword !== 'if'));
  };
}

// ajv's messages speak of the schema only. The path may hold keys that the caller chose, so it is cut to what is harmless.
function describe(error: ErrorObject | undefined): string {
  const path = (error?.instancePath ?? '').replace(/[^\w/.~-]/g, '?').slice(0, 120);
  return `payload${path} ${error?.message ?? 'does not match the schema of the action'}`;
}
