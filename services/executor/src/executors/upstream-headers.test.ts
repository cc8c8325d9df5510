import { expect, it } from 'vitest';
import { upstreamHeaders } from './upstream-headers.ts';

const secrets = (name: string) => ({ TOKEN: 't0k3n', SPLIT: 'a\r\nx-admin: 1' })[name];

it('puts secrets into the values', () => {
  expect(upstreamHeaders({ Authorization: 'Bearer ${TOKEN}', 'X-Plain': '$5 {TOKEN}' }, secrets)).toStrictEqual({
    authorization: 'Bearer t0k3n',
    'x-plain': '$5 {TOKEN}',
  });
});

it.each([
  [{ authorization: 'Bearer ${OTHER}' }, 'SECRET_MISSING'],
  [{ authorization: '${SPLIT}' }, 'EXECUTOR_MISCONFIGURED'],
  [{ 'x-line': 'a\nb' }, 'EXECUTOR_MISCONFIGURED'],
  [{ 'x y': 'a' }, 'EXECUTOR_MISCONFIGURED'],
  [{ Host: 'elsewhere' }, 'EXECUTOR_MISCONFIGURED'],
  [{ 'Content-Length': '3' }, 'EXECUTOR_MISCONFIGURED'],
  [{ 'Idempotency-Key': 'mine' }, 'EXECUTOR_MISCONFIGURED'],
])('%j is %s, without a value in the message', (headers, code) => {
  expect(() => upstreamHeaders(headers as Record<string, string>, secrets)).toThrow(
    expect.objectContaining({ code, message: expect.not.stringMatching(/t0k3n|admin/) }),
  );
});

it('finds no secret in what objects inherit', () => {
  const own: Record<string, string> = { A: '1' };
  const lookup = (name: string) => (Object.hasOwn(own, name) ? own[name] : undefined);
  expect(() => upstreamHeaders({ x: '${constructor}' }, lookup)).toThrow(expect.objectContaining({ code: 'SECRET_MISSING' }));
});
