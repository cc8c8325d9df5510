import { StartupError } from '@techno/kernel';
import { expect, test } from 'vitest';
import { connectBus, parseNatsUrl } from './bus.ts';

test.each<[string, ReturnType<typeof parseNatsUrl>]>([
  ['nats://127.0.0.1:4222', { servers: ['127.0.0.1:4222'] }],
  ['nats://127.0.0.1', { servers: ['127.0.0.1:4222'] }],
  ['nats://user:secret@nats:4333', { servers: ['nats:4333'], user: 'user', pass: 'secret' }],
  ['nats://user@nats', { servers: ['nats:4222'], user: 'user' }],
  ['nats://us%40er:p%3Aw%2F@nats', { servers: ['nats:4222'], user: 'us@er', pass: 'p:w/' }],
  ['nats://u:p@a:1, nats://u:p@b:2,nats://u:p@c', { servers: ['a:1', 'b:2', 'c:4222'], user: 'u', pass: 'p' }],
  ['tls://nats.example.com:4443', { servers: ['nats.example.com:4443'] }],
  ['nats://[::1]:4222', { servers: ['[::1]:4222'] }],
])('%s', (url, expected) => {
  expect(parseNatsUrl(url)).toEqual(expected);
});

test.each(['', 'nonsense', 'nats://a:4222,', '127.0.0.1'])('%j is refused at the start', (url) => {
  expect(() => parseNatsUrl(url)).toThrow(expect.objectContaining({ code: 'NATS_URL_INVALID' }));
});

test('nobody there is an error with a fix, and without the password', async () => {
  const error: unknown = await connectBus({ url: 'nats://user:topsecret@127.0.0.1:1', name: 'test' }).catch(
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(StartupError);
  expect(error).toMatchObject({ code: 'NATS_UNREACHABLE', fix: expect.stringContaining('NATS_URL') });
  expect((error as Error).message).not.toContain('topsecret');
});
