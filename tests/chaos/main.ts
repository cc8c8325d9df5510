import { tmpdir } from 'node:os';
import path from 'node:path';
import { errorMessage } from '@techno/kernel';
import { FAULTS } from './faults/index.ts';
import { type ChaosOptions, HELP, parseOptions } from './options.ts';
import { chaosTable, complaints } from './report/chaos-table.ts';
import { keepSummary } from './report/evidence.ts';
import { runChaos } from './run-chaos.ts';
import type { FaultResult } from './run-fault.ts';

const say = (text: string) => void process.stderr.write(`${text}\n`);

async function chaos(options: ChaosOptions, args: readonly string[]): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(`ended by ${signal}`)));
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const evidence = path.resolve(options.evidence ?? path.join(tmpdir(), `techno-chaos-evidence-${stamp}`));
  const began = performance.now();
  const clock = () => `${((performance.now() - began) / 1_000).toFixed(0).padStart(5)} s`;
  if (options.breaks.length > 0) say(`Taken away on purpose: ${options.breaks.join(', ')}. The table has to fail.`);
  const command = ['npm run chaos', ...(args.length === 0 ? [] : ['--', ...args])].join(' ');
  const done: FaultResult[] = [];
  try {
    await runChaos(options, evidence, {
      signal: stop.signal,
      progress: (fault, text) => say(`${clock()}  ${fault === undefined ? '' : `${fault.name}: `}${text}`),
      done(result) {
        done.push(result);
        const { fault, account, notes, broken } = result;
        const verdict = broken.length === 0 ? 'kept' : `BROKEN: ${broken.join('; ')}`;
        say(`${clock()}  ${fault} (${done.length} of ${options.faults.length}): ${account.accepted} accepted, ${verdict}`);
        for (const note of notes) say(`         ${note}`);
      },
    });
  } finally {
    await keepSummary(evidence, done, command);
    const out = options.json ? process.stderr : process.stdout;
    out.write(`\n${[chaosTable(done), ...complaints(done)].join('\n')}\n\nEvidence: ${evidence}\n`);
  }
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ evidence, results: done.map(({ answers: _, suspects: __, ...rest }) => rest) }, null, 2)}\n`,
    );
  }
  if (done.some(({ broken }) => broken.length > 0)) process.exitCode = 1;
}

const args = process.argv.slice(2);
try {
  const asked = parseOptions(args);
  if (asked.kind === 'help') process.stdout.write(`${HELP}\n`);
  else if (asked.kind === 'list') for (const { name, title } of FAULTS) process.stdout.write(`${name.padEnd(24)} ${title}\n`);
  else await chaos(asked.options, args);
} catch (error) {
  say(`\n${errorMessage(error)}`);
  process.exitCode = 1;
}
