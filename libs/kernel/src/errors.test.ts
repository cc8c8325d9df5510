import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { errorCode, errorMessage, StartupError, TechnoError, TemporaryError, TerminalError } from './errors.ts';

const cause = new Error('underneath');

describe('the failure words', () => {
  it.each([
    ['TechnoError', new TechnoError('A_CODE', 'words', { cause })],
    ['TerminalError', new TerminalError('A_CODE', 'words', { cause })],
    ['TemporaryError', new TemporaryError('A_CODE', 'words', { cause })],
    ['StartupError', new StartupError('A_CODE', 'words', 'do this', { cause })],
  ])('%s carries name, code, words and cause', (name, error) => {
    expect(error).toBeInstanceOf(TechnoError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name, code: 'A_CODE', message: 'words' });
    expect(error.cause).toBe(cause);
    expect(error.stack).toContain('errors.test.ts');
  });

  it('say their code where they say nothing else, and have no cause where none is given', () => {
    const error = new TerminalError('A_CODE');
    expect(error.message).toBe('A_CODE');
    expect('cause' in error).toBe(false);
  });

  it('are not one another', () => {
    expect(new TerminalError('A')).not.toBeInstanceOf(TemporaryError);
    expect(new TemporaryError('A')).not.toBeInstanceOf(TerminalError);
    expect(new StartupError('A', 'b', 'c')).not.toBeInstanceOf(TerminalError);
  });

  it('a temporary one spends an attempt and names no wait, unless told', () => {
    expect(new TemporaryError('A')).toMatchObject({ retryAfterMs: undefined, spendsAttempt: true });
    expect(new TemporaryError('A', 'b', { retryAfterMs: 0, spendsAttempt: false })).toMatchObject({
      retryAfterMs: 0,
      spendsAttempt: false,
    });
  });

  it('a startup error says the fix', () => {
    expect(new StartupError('A', 'b', 'set X=1').fix).toBe('set X=1');
  });
});

describe('errorCode', () => {
  it.each<[string, unknown, string]>([
    ['ours', new TerminalError('A_CODE'), 'A_CODE'],
    ['any object with one', { code: 'X' }, 'X'],
    ['an error without one', new Error('x'), 'UNEXPECTED'],
    ['a number as one', { code: 20 }, 'UNEXPECTED'],
    ['an abort', AbortSignal.abort().reason, 'UNEXPECTED'],
    ['text', 'thrown', 'UNEXPECTED'],
    ['null', null, 'UNEXPECTED'],
    ['undefined', undefined, 'UNEXPECTED'],
  ])('of %s', (_name, error, expected) => {
    expect(errorCode(error)).toBe(expected);
  });

  it('of a refused connection is what Node says', async () => {
    const error = await new Promise((resolve) => connect({ port: 1, host: '127.0.0.1' }).once('error', resolve));
    expect(errorCode(error)).toBe('ECONNREFUSED');
  });
});

describe('errorMessage', () => {
  it.each<[unknown, string]>([
    [new TerminalError('A', 'words'), 'words'],
    ['text', 'text'],
    [7, '7'],
    [undefined, 'undefined'],
  ])('of %j', (error, expected) => {
    expect(errorMessage(error)).toBe(expected);
  });
});
