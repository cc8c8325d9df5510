import { TerminalError } from '@techno/kernel';

/** What a template may read: `payload`, and for the steps of a composite `steps.<id>.result`. */
export interface TemplateScope {
  readonly payload: unknown;
  readonly steps?: Readonly<Record<string, { readonly result: unknown }>>;
}

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
const ONLY_PLACEHOLDER = /^\{\{\s*([^{}]*?)\s*\}\}$/;
const REFERENCE = /^(payload|steps)(\.[A-Za-z0-9_$-]+)*$/;
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * A JSON template with its placeholders filled: a string that is exactly one `{{…}}` becomes the value with its type, others
 * take scalars as text. Names of properties are never templates. Throws the TerminalErrors TEMPLATE_INVALID,
 * TEMPLATE_VALUE_MISSING and TEMPLATE_VALUE_INVALID, which name the placeholder and never its value.
 */
export function renderJson(template: unknown, scope: TemplateScope): unknown {
  if (typeof template === 'string') return renderText(template, scope);
  if (Array.isArray(template)) return template.map((item) => renderJson(item, scope));
  if (typeof template === 'object' && template !== null) {
    // fromEntries defines properties: a key called __proto__ stays data.
    return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, renderJson(value, scope)]));
  }
  return template;
}

function renderText(template: string, scope: TemplateScope): unknown {
  const only = ONLY_PLACEHOLDER.exec(template);
  if (only !== null) return structuredClone(lookup(only[1] ?? '', scope));
  return fill(template, (reference) => String(scalar(reference, lookup(reference, scope))));
}

/**
 * A path (with or without a query) with its placeholders filled, each value percent-encoded as a whole. Throws the
 * TerminalError TEMPLATE_VALUE_INVALID where a value would change which path it is: empty, with a slash, a control
 * character, or such that a segment becomes `.` or `..`.
 */
export function renderPath(template: string, scope: TemplateScope): string {
  const queryAt = template.indexOf('?');
  const path = queryAt === -1 ? template : template.slice(0, queryAt);
  const query = queryAt === -1 ? '' : template.slice(queryAt);

  const filledPath = fill(path, (reference) => {
    const text = String(scalar(reference, lookup(reference, scope)));
    if (text === '' || text.includes('/') || text.includes('\\')) throw invalidValue(reference, 'is empty or has a slash');
    return percentEncoded(reference, text);
  });
  for (const segment of filledPath.split('/')) {
    // The URL parser reads %2e as a dot, so it is one here too.
    const dots = segment.replace(/%2e/gi, '.');
    if (dots === '.' || dots === '..') throw new TerminalError('TEMPLATE_VALUE_INVALID', `'${path}' leads to another path`);
  }
  return filledPath + fill(query, (reference) => percentEncoded(reference, String(scalar(reference, lookup(reference, scope)))));
}

/** The references of every placeholder in a JSON template, as written: `payload.a`, `steps.x.result`. */
export function referencesIn(template: unknown): string[] {
  if (typeof template === 'string') return [...template.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '');
  if (Array.isArray(template)) return template.flatMap(referencesIn);
  if (typeof template === 'object' && template !== null) return Object.values(template).flatMap(referencesIn);
  return [];
}

function fill(template: string, value: (reference: string) => string): string {
  const rest = template.replace(PLACEHOLDER, '');
  if (rest.includes('{{')) throw new TerminalError('TEMPLATE_INVALID', `'${template}' has a placeholder that is not closed`);
  return template.replace(PLACEHOLDER, (_match, reference: string) => value(reference));
}

/** Follows own properties only: `constructor`, `__proto__` and the length of a list are not there. */
function lookup(reference: string, scope: TemplateScope): unknown {
  if (!REFERENCE.test(reference)) {
    throw new TerminalError('TEMPLATE_INVALID', `'{{${reference}}}' is not of the form payload.a.b or steps.x.result.y`);
  }
  let value: unknown = scope;
  for (const key of reference.split('.')) {
    const found =
      typeof value === 'object' && value !== null && Object.hasOwn(value, key) && (!Array.isArray(value) || /^\d+$/.test(key));
    if (!found) throw new TerminalError('TEMPLATE_VALUE_MISSING', `'{{${reference}}}' has no value`);
    value = (value as Record<string, unknown>)[key];
  }
  if (value === undefined) throw new TerminalError('TEMPLATE_VALUE_MISSING', `'{{${reference}}}' has no value`);
  return value;
}

function scalar(reference: string, value: unknown): string | number | boolean {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw invalidValue(reference, 'is not a string, a number or a boolean');
}

function percentEncoded(reference: string, text: string): string {
  // A control character is refused even encoded: upstreams that decode before they log or split lines are common.
  if (CONTROL.test(text) || !text.isWellFormed()) throw invalidValue(reference, 'has characters that do not belong in a URL');
  return encodeURIComponent(text);
}

function invalidValue(reference: string, why: string): TerminalError {
  return new TerminalError('TEMPLATE_VALUE_INVALID', `the value of '{{${reference}}}' ${why}`);
}
