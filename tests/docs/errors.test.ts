import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ERROR_CODES } from '@techno/contracts';
import { expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Where a code is born: the first argument of one of our errors, or a `code:` member. */
const BIRTH =
  /(?:new (?:Terminal|Temporary|Startup|Techno|Request|Upstream|Payload|Fact)Error\(\s*|new HttpProblem\(\s*(?:status|\d{3}),\s*|\bcode: )'([A-Z][A-Z0-9_]{3,})'/g;

function codesInSource(): Map<string, string> {
  const files = globSync(['libs/*/src/**/*.ts', 'services/*/src/**/*.ts', 'deploy/**/*.ts'], {
    cwd: ROOT,
    exclude: (name) => name.includes('node_modules'),
  });
  const found = new Map<string, string>();
  for (const file of files) {
    if (/\.(test|fixture|conformance)\.ts$|\/testing\/|embedded\/src\/testing/.test(file)) continue;
    for (const [, code] of readFileSync(path.join(ROOT, file), 'utf8').matchAll(BIRTH))
      if (code !== undefined) found.set(code, file);
  }
  return found;
}

it('every code that the source can throw is in the registry', () => {
  const codes = codesInSource();
  expect(codes.size).toBeGreaterThan(80);
  const missing = [...codes].filter(([code]) => !Object.hasOwn(ERROR_CODES, code)).map(([code, file]) => `${code} (${file})`);
  expect(missing).toEqual([]);
});

it('docs/ERRORS.md is the registry (vitest -u writes it)', async () => {
  const rows = Object.entries(ERROR_CODES)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { cause, fix }]) => `| \`${code}\` | ${cause} | ${fix} |`);
  const page = [
    '# Errors',
    '',
    'Every code that an answer, a log line or a dead letter can carry. The `type` of a problem points to `/docs/errors#CODE`, where the gateway shows this table.',
    '',
    '| code | cause | fix |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
  await expect(page).toMatchFileSnapshot('../../docs/ERRORS.md');
});
