import { describe, expect, it } from 'vitest';
import { resultValidator } from './validate-result.ts';

const schema = {
  type: 'object',
  properties: { email: { type: 'string', format: 'email' }, rows: { type: 'array', items: { type: 'integer' } } },
  required: ['rows'],
};

describe('a result', () => {
  it('passes where it matches', () => {
    expect(() => resultValidator().validate(1, 'probe', schema, { rows: [1, 2], email: 'a@b.example' })).not.toThrow();
  });

  it.each([
    [{ rows: [1, 'planted-secret'] }, "'/rows/1' fails 'type'"],
    [{ rows: [], email: 'planted-secret' }, "'/email' fails 'format'"],
    [{}, "'/' fails 'required'"],
    [null, "'/' fails 'type'"],
    [undefined, "'/' fails 'type'"],
  ])('%j names the path and not the value', (result, expected) => {
    let thrown: unknown;
    try {
      resultValidator().validate(1, 'probe', schema, result);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ name: 'TerminalError', code: 'RESULT_INVALID', message: expect.stringContaining(expected) });
    expect((thrown as Error).message).not.toContain('planted-secret');
  });

  it('is held against the schema of its policy revision', () => {
    const results = resultValidator();
    results.validate(1, 'probe', { $id: 'https://x/result', type: 'string' }, 'text');
    // The same $id in the next revision, with another meaning.
    results.validate(2, 'probe', { $id: 'https://x/result', type: 'number' }, 5);
    expect(() => results.validate(1, 'probe', { $id: 'https://x/result', type: 'string' }, 5)).toThrow(/'type'/);
  });
});

it.each([[{ type: 'no such type' }], [{ $id: 5 }], [{ $ref: 'https://elsewhere.example/schema' }], [{ properties: 5 }]])(
  'the schema %j is refused as one',
  (broken) => {
    expect(() => resultValidator().validate(1, 'probe', broken, {})).toThrow(
      expect.objectContaining({ code: 'RESULT_SCHEMA_INVALID' }),
    );
  },
);
