import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { errorMessage } from '@techno/kernel';
import { ownEnvironment } from './config.ts';
import { type BenchOptions, HELP, parseOptions } from './options.ts';
import { report } from './report/report.ts';
import { runBench } from './run.ts';

const HERE = import.meta.dirname;

async function bench(options: BenchOptions, args: readonly string[]): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'techno-bench-'));
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));
  // PostgreSQL runs as another account when this is root, and must get to its data.
  await chmod(folder, 0o755);
  try {
    const results = await runBench(options, {
      folder,
      environment: ownEnvironment(),
      command: ['npm run bench', ...(args.length === 0 ? [] : ['--', ...args])].join(' '),
      profiles: path.join(HERE, 'profiles'),
      signal: interrupted.signal,
    });
    const text = report(results);
    process.stdout.write(`\n${text}`);
    if (options.write && !options.bareOnly) await writeFile(path.join(HERE, 'RESULTS.md'), text);
  } finally {
    await rm(folder, { recursive: true, force: true });
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
