import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '@techno/embedded';

/** What `stack.json` says, as far as these tests need it. */
export interface StackFile {
  readonly gateway: string;
  readonly nats: string;
  /** The superuser's. */
  readonly postgres: string;
  readonly apiKey: string;
  readonly adminKey: string;
  readonly webhook: { readonly source: string; readonly secret: string; readonly url: string };
  readonly processes: readonly { readonly id: string; readonly service: string; readonly pid: number; readonly ops: string }[];
  readonly infrastructure: readonly { readonly name: string; readonly pid: number; readonly dir: string }[];
}

export interface Launched {
  readonly home: string;
  /** As it is now: pids change when something is restarted. */
  stack(): Promise<StackFile>;
  /** Everything the launcher has said so far. */
  output(): string;
  /** SIGTERM to the launcher; resolves with its exit code when it has gone. A home of its own goes with it. */
  stop(): Promise<number | null>;
}

const ROOT = path.resolve(import.meta.dirname, '../..');

/**
 * The real launcher, as `npm start` runs it, in a home of its own on free ports. `given`: a folder for it, which stays
 * afterwards.
 */
export async function launch(
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
  given?: string,
): Promise<Launched> {
  const home = given ?? (await mkdtemp(path.join(tmpdir(), 'techno e2e ')));
  await mkdir(home, { recursive: true });
  // PostgreSQL runs as an account of its own, which must get through.
  await chmod(home, 0o711);
  const child = spawn(process.execPath, [path.join(ROOT, 'deploy/bootstrap.mjs'), 'start', '--json', ...args], {
    cwd: ROOT,
    // With its parent's id the launcher stops everything should this process be killed.
    env: { ...process.env, TECHNO_HOME: home, TECHNO_PARENT_PID: String(process.pid), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const stack = async () => JSON.parse(await readFile(path.join(home, 'stack.json'), 'utf8')) as StackFile;
  const stop = async () => {
    const code = await ended(child, exited);
    if (given === undefined) await rm(home, { recursive: true, force: true });
    return code;
  };

  try {
    await until(async () => child.exitCode !== null || (await isReady(output, stack)), {
      timeoutMs: 180_000,
      what: 'the stack',
    });
    if (child.exitCode !== null) throw new Error(`the launcher ended with ${child.exitCode}`);
  } catch (cause) {
    await stop();
    throw new Error(`no stack: ${output}`, { cause });
  }
  return { home, stack, output: () => output, stop };
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
