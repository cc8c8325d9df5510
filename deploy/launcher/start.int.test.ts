import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { identify, isAlive, nodeArguments, type ProcessIdentity, until } from '@techno/embedded';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from './config.ts';
import { STARTED } from './services.ts';
import { readStack, type Stack } from './stack-file.ts';

// One stack, its data in a folder with a space, taken through what happens to stacks. The tests build on each other.
const base = mkdtempSync(path.join(tmpdir(), 'techno start '));
// Open to the account that PostgreSQL runs under, so that a run that is cut off leaves nothing outside of it.
chmodSync(base, 0o711);
const home = path.join(base, 'my home');
const MAIN = path.join(ROOT, 'deploy/cli/main.ts');
// High ports, away from a stack that runs on this machine already.
const env = {
  PATH: process.env['PATH'] ?? '',
  TECHNO_HOME: home,
  TECHNO_HTTP_PORT: '28080',
  TECHNO_NATS_PORT: '24222',
  TECHNO_NATS_MONITOR_PORT: '28222',
  TECHNO_POSTGRES_PORT: '25432',
  TECHNO_OPS_PORT: '29101',
};
const SERVICES = STARTED.map(({ name }) => name);
/** Beside them, and the launcher itself. */
const INFRASTRUCTURE = ['nats', 'postgres', 'stand-ins'];
const run = promisify(execFile);
const techno = (...args: string[]) => run(process.execPath, [...nodeArguments(MAIN), ...args], { env });

let launcher: ChildProcess;
let output = '';
let first: Stack;

function launch(): void {
  output = '';
  launcher = spawn(process.execPath, [...nodeArguments(MAIN), 'start'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  launcher.stdout?.on('data', (chunk) => (output += String(chunk)));
  launcher.stderr?.on('data', (chunk) => (output += String(chunk)));
}

const stackNow = () => readStack(path.join(home, 'stack.json'));

/** Waits for the printed command, which is the last thing; at once an error when the launcher gives up. */
async function started(): Promise<Stack> {
  await until(() => output.includes('Try it:') || launcher.exitCode !== null, { timeoutMs: 60_000, what: 'the start' });
  const stack = stackNow();
  if (stack === undefined || stack.launcher.pid !== launcher.pid) throw new Error(`the stack did not start:\n${output}`);
  return stack;
}

function everyProcess(stack: Stack): ProcessIdentity[] {
  const pids = [stack.launcher.pid, ...stack.infrastructure.map(({ pid }) => pid), ...stack.processes.map(({ pid }) => pid)];
  return pids.map(identify).filter((identity) => identity !== undefined);
}

/** `kill -9`. Never of pid 0, which is everybody in this process's group. */
function killHard(pid: number | undefined): void {
  if (pid === undefined || pid <= 0) throw new Error('there is no process to kill');
  process.kill(pid, 'SIGKILL');
}

beforeAll(async () => {
  launch();
  first = await started();
}, 90_000);
afterAll(async () => {
  launcher.kill('SIGTERM');
  await techno('stop');
  await techno('reset');
  rmSync(base, { recursive: true, force: true });
}, 60_000);

test('it writes stack.json, and prints a command whose answer is a summary of the document', async () => {
  expect(first.processes.map(({ service }) => service)).toEqual(SERVICES);
  expect(everyProcess(first)).toHaveLength(SERVICES.length + INFRASTRUCTURE.length + 1);
  const { stdout } = await run('/bin/sh', ['-c', output.slice(output.indexOf('curl '))]);
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'COMPLETED',
    result: { document_summary: expect.stringMatching(/species/) as string },
  });
});

test('a second start in the same home says so, and how to stop the first', async () => {
  await expect(techno('start')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/ALREADY_RUNNING: .*\n\s+fix: .*techno stop/) as string,
  });
  await expect(techno('reset')).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('STILL_RUNNING') as string });
});

test('a killed service is started again, and stack.json names the new process', async () => {
  const service = 'auditor';
  const pidOf = () => stackNow()?.processes.find((process) => process.service === service)?.pid;
  const before = pidOf();
  killHard(before);
  await until(() => pidOf() !== before);
  const { stdout } = await until(() => techno('status', '--json'), { everyMs: 200 });
  expect(JSON.parse(stdout)).toMatchObject({
    processes: expect.arrayContaining([expect.objectContaining({ name: service, state: 'ready' })]) as unknown,
  });
});

test.each(['nats', 'postgres'] as const)('a killed %s is started again, and actions go on', { timeout: 60_000 }, async (name) => {
  const pidOf = () => stackNow()?.infrastructure.find((part) => part.name === name)?.pid;
  const before = pidOf();
  killHard(before);
  await until(() => pidOf() !== before);
  const { stdout } = await until(() => techno('submit', 'echo', '{"after":"crash"}', '--json'), {
    timeoutMs: 40_000,
    everyMs: 200,
  });
  expect(JSON.parse(stdout)).toMatchObject({ status: 'COMPLETED', result: { after: 'crash' } });
});

test(
  'the NATS store removed under the running server: it is started again with an empty one, and actions go on',
  { timeout: 60_000 },
  async () => {
    const pidOf = () => stackNow()?.infrastructure.find((part) => part.name === 'nats')?.pid;
    const before = pidOf();
    // The server goes on writing while this removes.
    await rm(path.join(home, 'nats', 'jetstream'), { recursive: true, maxRetries: 20 });
    await until(() => pidOf() !== before);
    const { stdout } = await until(() => techno('submit', 'echo', '{"after":"loss"}', '--json'), {
      timeoutMs: 40_000,
      everyMs: 200,
    });
    expect(JSON.parse(stdout)).toMatchObject({ status: 'COMPLETED', result: { after: 'loss' } });
  },
);

test('the audit trail holds after all that', async () => {
  const { stdout } = await techno('audit', 'verify', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ ok: true });
});

test('killed without a chance to clean up, it leaves nothing running', { timeout: 60_000 }, async () => {
  const stack = stackNow();
  if (stack === undefined) throw new Error('it runs');
  const all = everyProcess(stack);
  expect(all).toHaveLength(SERVICES.length + INFRASTRUCTURE.length + 1);
  killHard(stack.launcher.pid);
  await until(() => !all.some(isAlive), { what: 'the end of every process' });
});

test('started again it has kept its data and its key; SIGTERM ends everything within 10 s', { timeout: 120_000 }, async () => {
  launch();
  const stack = await started();
  expect(stack.apiKey).toBe(first.apiKey);
  const { stdout } = await techno('actions', 'list', '--action', 'analyze_document', '--json');
  expect((JSON.parse(stdout) as { actions: unknown[] }).actions).toHaveLength(1);

  const all = everyProcess(stack);
  const asked = performance.now();
  launcher.kill('SIGTERM');
  await until(() => !all.some(isAlive));
  expect(performance.now() - asked).toBeLessThan(10_000);
  expect(stackNow()).toBeUndefined();
  expect(readFileSync(path.join(home, 'processes.json'), 'utf8').trim()).toBe('[]');
});
