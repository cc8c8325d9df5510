import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '@techno/testkit';

/** What `stack.json` says, as far as these tests need it. */
export interface StackFile {
  readonly gateway: string;
  readonly nats: string;
  /** The superuser's. */
  readonly postgres: string;
  readonly apiKey: string;
  readonly adminKey: string;
  readonly webhook: { readonly source: string; readonly secret: string; readonly url: string };
  readonly processes: readonly { readonly service: string; readonly pid: number; readonly ops: string }[];
  readonly infrastructure: readonly { readonly name: string; readonly pid: number; readonly dir: string }[];
}

export interface Launched {
  readonly home: string;
  /** As it is now: pids change when something is restarted. */
  stack(): Promise<StackFile>;
  /** SIGTERM to the launcher; resolves with its exit code when it has gone. */
  stop(): Promise<number | null>;
}

const ROOT = path.resolve(import.meta.dirname, '../..');

/** The real launcher, as `npm start` runs it, in a home of its own on free ports. */
export async function launch(env: Readonly<Record<string, string>> = {}, args: readonly string[] = []): Promise<Launched> {
  const home = await mkdtemp(path.join(tmpdir(), 'techno e2e '));
  // PostgreSQL runs as an account of its own, which must get through.
  await chmod(home, 0o711);
  const child = spawn(process.execPath, [path.join(ROOT, 'deploy/bootstrap.mjs'), 'start', '--json', ...args], {
    cwd: ROOT,
    env: { ...process.env, TECHNO_HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const stack = async () => JSON.parse(await readFile(path.join(home, 'stack.json'), 'utf8')) as StackFile;

  await until(
    async () => {
      if (child.exitCode !== null) throw new Error(`the launcher ended with ${child.exitCode}: ${output}`);
      return isReady(output, stack);
    },
    { timeoutMs: 90_000 },
  );
  return {
    home,
    stack,
    async stop() {
      const code = await ended(child, exited);
      await rm(home, { recursive: true, force: true });
      return code;
    },
  };
}

/** `--json` prints the stack once everything is ready and seeded. */
async function isReady(output: string, stack: () => Promise<StackFile>): Promise<boolean> {
  if (!output.includes('"gateway"')) return false;
  return (await stack()).apiKey !== '';
}

async function ended(child: ChildProcess, exited: Promise<number | null>): Promise<number | null> {
  if (child.exitCode === null) child.kill('SIGTERM');
  return exited;
}
