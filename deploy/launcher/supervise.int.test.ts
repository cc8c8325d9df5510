import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Guard, identify, isAlive, startGuard, until } from '@techno/embedded';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Observer, supervise, type Supervised, type Unit } from './supervise.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'techno supervise '));
let guard: Guard;
const started: Supervised[] = [];
beforeAll(() => {
  guard = startGuard();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((supervised) => supervised.stop(1_000)));
});
afterAll(() => {
  guard.close();
  rmSync(dir, { recursive: true });
});

/** Runs a shell script that is ready once it has made the file `$READY`. */
function run(script: string, options: Partial<Unit> = {}) {
  const ready = path.join(mkdtempSync(path.join(dir, 'unit-')), 'ready');
  const log: string[] = [];
  const pids: number[] = [];
  const observer: Observer = {
    started(_unit, _plan, pid) {
      rmSync(ready, { force: true });
      pids.push(pid);
      writeFileSync(`${ready}.go`, '');
    },
    ended: () => log.push('ended'),
    failed: (_unit, reason, delayMs) => log.push(`${reason}; again in ${delayMs} ms`),
    replaced: () => log.push('replaced'),
    recovered: () => log.push('recovered'),
  };
  const unit: Unit = {
    id: 'unit',
    plan: async () => {
      rmSync(`${ready}.go`, { force: true });
      return {
        name: 'unit',
        command: '/bin/sh',
        args: ['-c', `while [ ! -e "$READY.go" ]; do sleep 0.01; done\n${script}`],
        cwd: '/',
        env: { PATH: '/usr/bin:/bin', READY: ready },
        stopSignal: 'SIGTERM',
        stage: 3,
        isReady: async () => readFileSync(ready, 'utf8') === '',
      };
    },
    output: openSync(path.join(dir, 'log'), 'a'),
    backoff: { baseMs: 10, capMs: 40 },
    readyTimeoutMs: 10_000,
    ...options,
  };
  const supervised = supervise(unit, { guard, observer });
  started.push(supervised);
  return { supervised, log, pids };
}

/** `kill -9`. Never of pid 0, which is everybody in this process's group. */
function killHard(pid: number | undefined): void {
  if (pid === undefined || pid <= 0) throw new Error('there is no process to kill');
  process.kill(pid, 'SIGKILL');
}

const SERVE = ': > "$READY"; exec sleep 1000';

test('a killed process is started again, with growing delays', async () => {
  const { supervised, log, pids } = run(SERVE);
  await supervised.ready;
  for (const round of [1, 2, 3, 4]) {
    killHard(pids.at(-1));
    await until(() => log.filter((line) => line === 'recovered').length === round);
  }
  expect(log.filter((line) => line.includes('again in'))).toEqual(
    [10, 20, 40, 40].map((ms) => `it ended with SIGKILL; again in ${ms} ms`),
  );
  expect(new Set(pids).size).toBe(5);
});

test('one that ends in good order when somebody asks it to has a successor, and that is no failure', async () => {
  const { supervised, log, pids } = run(`trap 'exit 0' TERM; : > "$READY"; while :; do sleep 0.01; done`);
  await supervised.ready;
  process.kill(pids[0] ?? Number.NaN, 'SIGTERM');
  await until(() => pids.length === 2);
  expect(log).toEqual(['ended', 'replaced']);
});

test('what fails three times at its first start is given up, with the reason', async () => {
  const { supervised, pids } = run('exit 7');
  await expect(supervised.ready).rejects.toMatchObject({
    code: 'PROCESS_EXITED',
    message: 'unit ended with exit code 7 before it was ready',
  });
  expect(pids).toHaveLength(3);
});

test('what is not ready in time is ended and given up', async () => {
  const { supervised, pids } = run('exec sleep 1000', { readyTimeoutMs: 100 });
  await expect(supervised.ready).rejects.toMatchObject({ code: 'PROCESS_NOT_READY' });
  expect(pids.filter((pid) => identify(pid) !== undefined)).toEqual([]);
});

test('what cannot be started at all names the program', async () => {
  const { supervised } = run('', { plan: async () => ({ ...(await plain()), command: '/does/not/exist' }) });
  await expect(supervised.ready).rejects.toMatchObject({
    code: 'PROCESS_NOT_STARTED',
    message: expect.stringContaining('/does/not/exist') as string,
  });
});

test('a process that ignores its stop signal is killed after the grace', async () => {
  const { supervised, pids } = run(`trap '' TERM; : > "$READY"; while :; do sleep 0.05; done`);
  await supervised.ready;
  const identity = identify(pids[0] ?? 0);
  if (identity === undefined) throw new Error('it runs');
  await supervised.stop(100);
  expect(isAlive(identity)).toBe(false);
});

test('one that is stopped while it waits to start again does not start again', async () => {
  const { supervised, log, pids } = run(SERVE, { backoff: { baseMs: 60_000, capMs: 60_000 } });
  await supervised.ready;
  killHard(pids[0]);
  await until(() => log.some((line) => line.includes('again in')));
  await supervised.stop(1_000);
  expect(pids).toHaveLength(1);
});

test('one that runs on with a flaw is started again', async () => {
  let flaw: string | undefined;
  const { supervised, log, pids } = run(SERVE, {
    flaw: async () => {
      const found = flaw;
      flaw = undefined;
      return found;
    },
  });
  await supervised.ready;
  flaw = 'its data has vanished';
  await until(() => log.includes('recovered'));
  expect(log).toContain('its data has vanished; again in 10 ms');
  expect(pids).toHaveLength(2);
});

async function plain() {
  return {
    name: 'unit',
    command: '',
    args: [],
    cwd: '/',
    env: {},
    stopSignal: 'SIGTERM',
    stage: 3,
    isReady: async () => true,
  } as const;
}
