import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorSignature, maskedMessage } from './signature.ts';

describe('a masked message', () => {
  it.each([
    ['shop answered 503', 'shop answered <n>'],
    ['took 1,234.5 ms at 10:22:01', 'took <n> ms at <n>'],
    ['no order 0f9a1b2c3d4e5f60', 'no order <id>'],
    ['tr_0193f00d1234567890abcdef12345678 is gone', '<id> is gone'],
    ['user 123e4567-e89b-12d3-a456-426614174000 unknown', 'user <id> unknown'],
    ['cannot reach https://shop.example/v1/orders?id=7 now', 'cannot reach <url> now'],
    [`no 'Ada' in "the \\"list\\"" of \`all\``, 'no <text> in <text> of <text>'],
    ['two   spaces\nand a line', 'two spaces and a line'],
    ['Nothing particular', 'nothing particular'],
  ])('%j reads %j', (message, masked) => {
    expect(maskedMessage(message)).toBe(masked);
  });
});

describe('a signature', () => {
  const cause = { actor: 'execute-http', code: 'UPSTREAM_STATUS_503', message: 'order 17 of "Ada" failed' };

  it('is the same for two occurrences of one cause', () => {
    expect(errorSignature({ ...cause, message: 'order 4711 of "Bob" failed' })).toBe(errorSignature(cause));
  });

  it.each([{ actor: 'other' }, { code: 'OTHER' }, { message: 'order 17 was refused' }])('differs by %j', (change) => {
    expect(errorSignature({ ...cause, ...change })).not.toBe(errorSignature(cause));
  });

  it('is 16 hex digits whatever the message, and digits never matter', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.nat(), (text, one, other) => {
        const of = (n: number) => errorSignature({ ...cause, message: `${text} ${n}` });
        expect(of(one)).toMatch(/^[0-9a-f]{16}$/);
        if (String(one).length < 8 && String(other).length < 8) expect(of(one)).toBe(of(other));
      }),
    );
  });
});
