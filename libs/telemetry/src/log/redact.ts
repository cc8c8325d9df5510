import { scrubText } from './scrub.ts';

const MAX_DEPTH = 4;
const MAX_ITEMS = 100;
const REDACTED = '[redacted]';

const SECRET_NAME =
  /(?:authorization|apikey|cookies?|password|passwords|passwd|passphrase|secrets?|token|privatekey|signingkey|credentials|signature)$/;
const SECRET_WORDS = new Set(['key', 'keys', 'pwd', 'pass', 'auth', 'tokens']);

// Field names come from code, so there are few of them; the bound only guards against names taken from data.
const MAX_NAMES = 4_096;
const secretNames = new Map<string, boolean>();

/** Is what stands under this name a secret, however it is spelt: `X-API-Key`, `x_api_key`, `xApiKey`? */
export function isSecretName(name: string): boolean {
  let known = secretNames.get(name);
  if (known === undefined) {
    const plain = name.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase();
    known = SECRET_WORDS.has(plain) || SECRET_NAME.test(plain);
    if (secretNames.size >= MAX_NAMES) secretNames.clear();
    secretNames.set(name, known);
  }
  return known;
}

/**
 * A copy of `fields` that is safe to write: values under secret names replaced, credentials inside strings replaced, errors
 * reduced to type, code, message, stack and cause, bytes to their number, and nothing below the fourth level.
 */
export function redactFields(fields: object): Record<string, unknown> {
  if (fields instanceof Error) return { err: redactError(fields, 0) };
  return redactObject(fields, 0);
}

function redactValue(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return scrubText(value);
    case 'number':
    case 'boolean':
    case 'undefined':
      return value;
    case 'bigint':
      return value.toString();
    case 'symbol':
    case 'function':
      return undefined;
    case 'object':
      return value === null ? null : redactReference(value, depth);
  }
}

function redactReference(value: object, depth: number): unknown {
  if (value instanceof Error) return redactError(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof Map || value instanceof Set) return `[${value.size} entries]`;
  if (hasToJson(value)) return redactValue(value.toJSON(), depth + 1);
  if (depth >= MAX_DEPTH) return '[deep]';
  if (!Array.isArray(value)) return redactObject(value, depth);
  const items = value.slice(0, MAX_ITEMS).map((item) => redactValue(item, depth + 1));
  return value.length > MAX_ITEMS ? [...items, `…[${value.length - MAX_ITEMS} more]`] : items;
}

function hasToJson(value: object): value is { toJSON: () => unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

function redactObject(value: object, depth: number): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    result[name] = isSecretName(name) && hides(inner) ? REDACTED : redactValue(inner, depth + 1);
  }
  return result;
}

/** A flag or an absence tells nothing. Everything else under a secret name does, a number too: one-time codes are numbers. */
function hides(value: unknown): boolean {
  return value !== undefined && value !== null && typeof value !== 'boolean';
}

/** Own properties of an error are left out: clients hang whole requests, headers included, on theirs. */
function redactError(error: Error, depth: number): Record<string, unknown> {
  return {
    type: error.name,
    ...('code' in error && typeof error.code === 'string' ? { code: scrubText(error.code) } : {}),
    message: scrubText(error.message),
    ...(error.stack === undefined ? {} : { stack: scrubText(error.stack) }),
    ...(error instanceof AggregateError && depth < MAX_DEPTH
      ? { errors: error.errors.slice(0, MAX_ITEMS).map((inner: unknown) => redactValue(inner, depth + 1)) }
      : {}),
    ...(error.cause === undefined ? {} : { cause: depth < MAX_DEPTH ? redactValue(error.cause, depth + 1) : '[deep]' }),
  };
}
