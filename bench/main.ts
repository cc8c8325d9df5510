import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { errorMessage, rfc3339, systemClock } from '@techno/kernel';
import { ownEnvironment } from './config.ts';
import { startGenerator } from './load/generator.ts';
import { describeMachine } from './machine.ts';
import { type BenchOptions, HELP, parseOptions } from './options.ts';
import { measureOverhead } from './overhead/overhead.ts';
import { overheadOf, overheadSection, withOverhead } from './overhead/overhead-section.ts';
import { report } from './report/report.ts';
import { runBench } from './run.ts';

const HERE = import.meta.dirname;
const RESULTS = path.join(HERE, 'RESULTS.md');
/** Short and many: what else the machine does falls on both sides. */
const OVERHEAD = { rounds: 30, seconds: 3 };

async function bench(options: BenchOptions, args: readonly string[]): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'techno-bench-'));
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));
  // PostgreSQL runs as another account when this is root, and must get to its data.
  await chmod(folder, 0o755);
  const command = ['npm run bench', ...(args.length === 0 ? [] : ['--', ...args])].join(' ');
  const context = { folder, environment: ownEnvironment(), command, signal: interrupted.signal };
  try {
    const text = options.overhead ? await overhead(options, context) : await speed(options, context);
    process.stdout.write(`\n${text}\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Context = {
  readonly folder: string;
  readonly environment: Record<string, string>;
  readonly command: string;
  readonly signal: AbortSignal;
};

/** The whole report; what watching costs stays in it as it was. */
async function speed(options: BenchOptions, context: Context): Promise<string> {
  const text = report(await runBench(options, { ...context, profiles: path.join(HERE, 'profiles') }));
  const before = overheadOf(await readFile(RESULTS, 'utf8').catch(() => ''));
  const whole = before === undefined ? text : withOverhead(text, before);
  if (options.write && !options.bareOnly) await writeFile(RESULTS, whole);
  return text;
}

/** What watching costs; the other figures stay in the report as they were. */
async function overhead(options: BenchOptions, context: Context): Promise<string> {
  const generator = startGenerator();
  context.signal.addEventListener('abort', () => void generator.close());
  try {
    const measured = await measureOverhead(generator, { ...OVERHEAD, warmUpSeconds: options.warmUpSeconds }, context);
    const section = overheadSection(measured, {
      at: rfc3339(systemClock.now()),
      machine: describeMachine(),
      command: context.command,
    });
    if (options.write) await writeFile(RESULTS, withOverhead(await readFile(RESULTS, 'utf8'), section));
    return section;
  } finally {
    await generator.close();
  }
}

const args = process.argv.slice(2);
try {
  const options = parseOptions(args);
  if (options === undefined) process.stdout.write(`${HELP}\n`);
  else await bench(options, args);
} catch (error) {
  process.stderr.write(`\n${errorMessage(error)}\n`);
  process.exitCode = 1;
}
