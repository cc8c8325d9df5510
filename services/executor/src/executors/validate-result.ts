import { TerminalError } from '@techno/kernel';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import { LRUCache } from 'lru-cache';

// ajv-formats is CommonJS: its types and Node disagree about where the function is.
const addFormats = addFormatsModule as unknown as typeof addFormatsModule.default;

export interface ResultValidator {
  /**
   * Holds a result against the `result` schema of its action. Throws the TerminalErrors RESULT_INVALID, which names the path
   * and never the value, and RESULT_SCHEMA_INVALID where the schema itself is none.
   */
  validate(policyRevision: number, action: string, schema: Record<string, unknown>, result: unknown): void;
}

/** Compiles each schema once, however many revisions of the policy have it; `capacity` of them are kept. */
export function resultValidator(capacity = 500): ResultValidator {
  const compiled = new LRUCache<string, ValidateFunction>({ max: capacity });
  const byText = new LRUCache<string, ValidateFunction>({ max: capacity });
  const compile = (schema: Record<string, unknown>): ValidateFunction => {
    const text = JSON.stringify(schema);
    const known = byText.get(text) ?? compileSchema(schema);
    byText.set(text, known);
    return known;
  };
  return {
    validate(policyRevision, action, schema, result) {
      const key = `${policyRevision}:${action}`;
      let check = compiled.get(key);
      if (check === undefined) {
        check = compile(schema);
        compiled.set(key, check);
      }
      if (!check(result)) throw new TerminalError('RESULT_INVALID', `the result of '${action}' ${firstComplaint(check.errors)}`);
    },
  };
}

/** A JSON Schema (2020-12) as a check. Throws a TerminalError RESULT_SCHEMA_INVALID where it does not compile. */
export function compileSchema(schema: Record<string, unknown>): ValidateFunction {
  try {
    // One instance would refuse the second schema that carries the same $id.
    return JSON.stringify(schema).includes('"$id"') ? newAjv().compile(schema) : compileUnnamed(schema);
  } catch (cause) {
    throw new TerminalError('RESULT_SCHEMA_INVALID', 'the result schema of the action does not compile', { cause });
  }
}

/** To make an instance, which compiles what schemas are checked by, takes longer than all schemas of a policy. */
let shared: Ajv2020 | undefined;

function compileUnnamed(schema: Record<string, unknown>): ValidateFunction {
  shared ??= newAjv();
  try {
    return shared.compile(schema);
  } finally {
    // The instance would keep every one for good.
    shared.removeSchema(schema);
  }
}

function newAjv(): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, allErrors: false, validateSchema: true, logger: false });
  addFormats(ajv);
  return ajv;
}

/** `at /a/b fails 'type' (#/properties/a/…)`: path and rule. Keys of the result appear in the path, its values nowhere. */
export function firstComplaint(errors: readonly ErrorObject[] | null | undefined): string {
  const error = errors?.[0];
  if (error === undefined) return 'does not match its schema';
  return `does not match its schema: '${error.instancePath === '' ? '/' : error.instancePath}' fails '${error.keyword}'`;
}
