import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { identify, isAlive } from './process-identity.ts';

test('a process is alive as long as it is that very one', async () => {
  const child = spawn('/bin/sh', ['-c', 'read x'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const identity = identify(child.pid ?? 0);
  if (identity === undefined) throw new Error('it was started');
  expect(isAlive(identity)).toBe(true);
  expect(isAlive({ ...identity, startedAt: 'another time' })).toBe(false);
  child.stdin.end();
  await once(child, 'exit');
  expect(isAlive(identity)).toBe(false);
  expect(identify(identity.pid)).toBeUndefined();
});

test('nothing is no process', () => {
  expect(isAlive({} as never)).toBe(false);
});
