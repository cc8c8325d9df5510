import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { CANONICAL_EVENTS, type CanonicalEventName, LOG_MESSAGES, logLineFaults } from '@techno/contracts';
import { describe, expect, it } from 'vitest';
import { eventsPage, logsPage } from './log-docs.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const examples = JSON.parse(readFileSync(path.join(import.meta.dirname, 'event-examples.json'), 'utf8')) as Record<
  CanonicalEventName,
  object
>;

/** The message of a log call: the text behind the fields. */
const MESSAGE = /\blog\s*\.(?:debug|info|warn|error|fatal)\([\s\S]{0,400}?'([a-z_]+\.[a-z_]+)'\s*,?\s*\)/g;

function messagesInSource(): Map<string, string> {
  const files = globSync(['libs/*/src/**/*.ts', 'services/*/src/**/*.ts'], {
    cwd: ROOT,
    exclude: (name) => name.includes('node_modules'),
  }).filter((file) => !/\.(test|fixture|conformance)\.ts$|\/testing\//.test(file));
  return new Map(
    files.flatMap((file) =>
      [...readFileSync(path.join(ROOT, file), 'utf8').matchAll(MESSAGE)].map(([, message = '']) => [message, file] as const),
    ),
  );
}

describe('docs/LOGS.md', () => {
  it('is what the schema says (vitest -u writes it)', () => expect(logsPage()).toMatchFileSnapshot('../../docs/LOGS.md'));

  it('has every message that the source logs, and no other', () => {
    const source = messagesInSource();
    const documented = Object.keys(LOG_MESSAGES);
    expect([...source].filter(([message]) => !documented.includes(message))).toEqual([]);
    // Written without the logger, by a process that has none yet.
    expect(documented.filter((message) => !source.has(message))).toEqual(['service.failed']);
  });
});

describe('docs/EVENTS.md', () => {
  it('is what the code says (vitest -u writes it)', () =>
    expect(eventsPage(examples)).toMatchFileSnapshot('../../docs/EVENTS.md'));

  it.each(CANONICAL_EVENTS)('its example of %s is a line of that event', (event) => {
    expect(examples[event]).toMatchObject({ event });
    expect(logLineFaults(JSON.stringify(examples[event]))).toEqual([]);
  });
});

describe('the schema', () => {
  const line = JSON.stringify(examples.REQUEST_END);
  it.each([
    ['no JSON', 'listening on 8080', 'not JSON'],
    ['a field that nobody documented', line.replace('"data":{', '"data":{"user":"Ana",'), 'data: Unrecognized key: "user"'],
    ['a missing field', line.replace(/"status":\d+,/, ''), 'data.status: Invalid input: expected number, received undefined'],
    [
      'another type',
      line.replace(/"status":\d+/, '"status":"200"'),
      'data.status: Invalid input: expected number, received string',
    ],
    ['an unknown event', line.replace('REQUEST_END', 'REQUEST_OVER'), "event: 'REQUEST_OVER' is none of the eleven"],
    ['a service that is none', line.replace('"service":"gateway"', '"service":"proxy"'), 'service: Invalid option'],
    ['a time without a zone', line.replace(/"time":"([^"]*)Z"/, '"time":"$1"'), 'time: expected RFC 3339'],
  ])('refuses %s', (_, text, fault) => expect(logLineFaults(text).join()).toContain(fault));
});
