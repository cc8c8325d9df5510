import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';
import { until } from './until.ts';

const INDEX = path.join(import.meta.dirname, 'index.ts');

/** A process that starts two children under its guard: one that ends on SIGTERM, one that ignores it. */
const OWNER = `
import { spawn } from 'node:child_process';
import { startGuard } from ${JSON.stringify(INDEX)};
const guard = startGuard();
const child = (trap) => spawn('/bin/sh', ['-c', trap + 'echo up; while :; do sleep 0.1; done'], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
const children = [child(''), child("trap '' TERM; "), child('')];
await Promise.all(children.map((one) => new Promise((up) => one.stdout.once('data', up))));
guard.watch(children[0].pid, 'SIGTERM', 3);
guard.watch(children[1].pid, 'SIGTERM', 2);
guard.watch(children[2].pid, 'SIGTERM', 1);
guard.release(children[2].pid);
console.log(children.map(({ pid }) => pid).join(' '));
setInterval(() => {}, 1000);
`;

async function startOwner(): Promise<{ owner: ChildProcess; children: ProcessIdentity[] }> {
  const owner = spawn(process.execPath, ['--input-type=module-typescript', '-e', OWNER], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: owner.stdout! }), 'line')) as [string];
  const children = line.split(' ').map((pid) => identify(Number(pid)));
  return { owner, children: children.filter((child) => child !== undefined) };
}

test('what a killed process had under guard is ended, by force where it must be; what it released is left alone', async () => {
  const { owner, children } = await startOwner();
  expect(children).toHaveLength(3);
  const [gentle, stubborn, released] = children as [ProcessIdentity, ProcessIdentity, ProcessIdentity];
  try {
    owner.kill('SIGKILL');
    await until(() => !isAlive(gentle), { timeoutMs: 5_000 });
    await until(() => !isAlive(stubborn));
    expect(isAlive(released)).toBe(true);
  } finally {
    for (const child of children.filter(isAlive)) process.kill(child.pid, 'SIGKILL');
  }
});
