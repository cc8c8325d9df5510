import { readdirSync, readFileSync } from 'node:fs';
import { FAILURE_CLASSES } from '@techno/contracts';
import { TemporaryError } from '@techno/kernel';
import { expect, it } from 'vitest';
import { EXECUTOR_CODES, failureClassOf } from './codes.ts';

const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !/\.(test|fixture|conformance)\.ts$/.test(file) && file !== 'codes.ts')
  .map((file) => readFileSync(`${import.meta.dirname}/${file}`, 'utf8'));

it('holds every code that is thrown in this folder', () => {
  const thrown = sources.flatMap((source) =>
    [...source.matchAll(/(?:TerminalError|TemporaryError|StartupError|super)\(\s*'([A-Z_]+)'|code: '([A-Z_]+)'/g)].map(
      (match) => match[1] ?? match[2],
    ),
  );
  expect(thrown.length).toBeGreaterThan(20);
  expect(thrown.filter((code) => !Object.hasOwn(EXECUTOR_CODES, code ?? ''))).toStrictEqual([]);
});

it('holds no code that nobody throws', () => {
  // The client that fetches has these, and whoever stops an executor, and the notifier that refuses.
  const elsewhere =
    /^(EGRESS_|UPSTREAM_(TIMEOUT|UNREACHABLE|ABORTED|INVALID_RESPONSE)$|EXECUTION_TIMEOUT$|BREAKER_OPEN$|NOTIFI|CONTACT_|TEMPLATE_(LOCALE|RENDER|UNKNOWN|VARIABLE))/;
  const unused = Object.keys(EXECUTOR_CODES).filter((code) => !sources.some((source) => source.includes(`'${code}'`)));
  expect(unused.filter((code) => !elsewhere.test(code))).toStrictEqual([]);
});

it.each([
  [new TemporaryError('UPSTREAM_STATUS_503'), 'upstream'],
  [new TemporaryError('LLM_TIMEOUT'), 'timeout'],
  [new TemporaryError('toString'), 'internal'],
  [new Error('what?'), 'internal'],
  [undefined, 'internal'],
] as const)('%s is of the class %s', (error, expected) => {
  expect(FAILURE_CLASSES).toContain(expected);
  expect(failureClassOf(error)).toBe(expected);
});
