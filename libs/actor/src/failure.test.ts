import { TemporaryError, TerminalError, StartupError } from '@techno/kernel';
import { expect, it } from 'vitest';
import { exhausted, failureOf, unparseable } from './failure.ts';

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

it.each<[string, unknown, object]>([
  [
    'terminal',
    new TerminalError('GONE', 'it is gone'),
    { kind: 'terminal', code: 'GONE', message: 'it is gone', spendsAttempt: true },
  ],
  ['temporary', new TemporaryError('BUSY'), { kind: 'temporary', code: 'BUSY', retryAfterMs: undefined, spendsAttempt: true }],
  ['temporary with a time', new TemporaryError('BUSY', 'busy', { retryAfterMs: 500 }), { kind: 'temporary', retryAfterMs: 500 }],
  [
    'temporary and free',
    new TemporaryError('AWAY', 'away', { spendsAttempt: false }),
    { kind: 'temporary', spendsAttempt: false },
  ],
  ['an error of Node', refused, { kind: 'unknown', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED', spendsAttempt: true }],
  ['any error', new RangeError('too far'), { kind: 'unknown', code: 'UNEXPECTED', message: 'too far' }],
  ['another word of ours', new StartupError('ODD', 'odd', 'fix it'), { kind: 'unknown', code: 'ODD' }],
  ['a string', 'just text', { kind: 'unknown', code: 'UNEXPECTED', message: 'just text', stack: undefined }],
  ['nothing', undefined, { kind: 'unknown', code: 'UNEXPECTED', message: 'undefined' }],
  ['null', null, { kind: 'unknown', code: 'UNEXPECTED', message: 'null' }],
  ['an object with a numeric code', { code: 7 }, { kind: 'unknown', code: 'UNEXPECTED' }],
])('%s', (_name, thrown, expected) => {
  expect(failureOf(thrown)).toMatchObject(expected);
});

it('keeps the stack of an error', () => {
  expect(failureOf(new TerminalError('GONE')).stack).toContain('failure.test.ts');
});

it('names what no handler throws', () => {
  expect(unparseable('not JSON')).toEqual({
    kind: 'unparseable',
    code: 'MESSAGE_UNPARSEABLE',
    message: 'not JSON',
    spendsAttempt: true,
  });
  expect(exhausted(3)).toMatchObject({ kind: 'exhausted', code: 'ATTEMPTS_EXHAUSTED' });
  expect(exhausted(3).message).toContain('all 3 attempts');
});
