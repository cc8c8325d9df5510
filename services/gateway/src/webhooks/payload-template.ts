/** The one form of placeholder: `{{body}}` or `{{body.a.b.0}}`. */
const PLACEHOLDER = /\{\{\s*body((?:\.[A-Za-z0-9_-]+)*)\s*\}\}/g;
const ONLY_PLACEHOLDER = /^\{\{\s*body((?:\.[A-Za-z0-9_-]+)*)\s*\}\}$/;
const MAX_DEPTH = 16;

/** What is wrong with a template, or undefined: braces that are no placeholder, a placeholder in a name, or nesting beyond 16. */
export function templateProblem(template: unknown, depth = 0): string | undefined {
  if (depth > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH}`;
  if (typeof template === 'string') {
    const rest = template.replaceAll(PLACEHOLDER, '');
    return rest.includes('{{') ? `'{{' starts no placeholder; use {{body}} or {{body.path}}` : undefined;
  }
  if (typeof template !== 'object' || template === null) return undefined;
  for (const [key, value] of Object.entries(template)) {
    if (key.includes('{{')) return `the name '${key}' is never filled in; placeholders belong in values`;
    const problem = templateProblem(value, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/**
 * Fills a template from a parsed body. A string that is exactly one placeholder takes the value with its type; within other text values
 * are written out, objects as JSON. Where a value is absent the whole field is left out (null in a list), so that the schema of the action
 * refuses what must be there instead of letting half a sentence through.
 */
export function renderTemplate(template: unknown, body: unknown): unknown {
  if (typeof template === 'string') return renderText(template, body);
  if (Array.isArray(template)) return template.map((part) => renderTemplate(part, body) ?? null);
  if (typeof template !== 'object' || template === null) return template;
  // fromEntries defines own properties, so a field named __proto__ is a field.
  return Object.fromEntries(
    Object.entries(template)
      .map(([key, part]) => [key, renderTemplate(part, body)] as const)
      .filter(([, value]) => value !== undefined),
  );
}

function renderText(template: string, body: unknown): unknown {
  const only = ONLY_PLACEHOLDER.exec(template);
  if (only) return valueAt(body, only[1] ?? '');
  let complete = true;
  // A function as the replacement: `$&` in a value stays text, and what a value holds is not looked at again.
  const text = template.replaceAll(PLACEHOLDER, (_match, path: string) => {
    const value = valueAt(body, path);
    if (value === undefined) complete = false;
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
  return complete ? text : undefined;
}

/** `path` is empty or `.a.b.0`. Own properties only. */
function valueAt(body: unknown, path: string): unknown {
  let value = body;
  for (const key of path.split('.').slice(1)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
