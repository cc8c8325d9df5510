import { randomInt } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHistogram } from '../../bench/load/histogram.ts';
import { describeMachine } from '../../bench/machine.ts';
import { errorMessage } from '@techno/kernel';
import { generate } from './generator.ts';
import { findKnee, type Knee, overload, type Step } from './knee.ts';
import { HELP, type LoadOptions, parseOptions } from './options.ts';
import { page } from './report/page.ts';
import { prometheusText } from './report/prometheus.ts';
import type { LoadResult } from './report/result.ts';
import { findSystem, type System } from './system.ts';
import type { Run, Second } from './timeline.ts';
import { type Sample, watchSystem } from './watch.ts';

const say = (text: string) => void process.stderr.write(`${text}\n`);
const WARM_UP = { seconds: 5, share: 0.5, most: 300 };

async function load(options: LoadOptions, command: string, home: string): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(`ended by ${signal}`)));
  const system = await findSystem({ ...options, home }, say);
  try {
    const warmUp = Math.max(1, Math.min(WARM_UP.most, options.perSecond * WARM_UP.share));
    say(`Warming up at ${warmUp}/s`);
    await once(system, options, { perSecond: warmUp, seconds: WARM_UP.seconds }, stop.signal, () => {});
    let best: { run: Run; samples: readonly Sample[] } | undefined;
    let knee: Knee | undefined;
    if (options.findKnee) {
      knee = await findKnee(options.perSecond, async (perSecond) => {
        const tried = await once(system, options, { perSecond, seconds: options.stepSeconds }, stop.signal, () => {});
        const step = stepOf(tried.run, options.stepSeconds);
        const reason = overload(step);
        say(`  ${perSecond}/s: ${step.achieved.toFixed(0)}/s, p99 ${(step.p99 / 1_000).toFixed(0)} ms: ${reason ?? 'followed'}`);
        if (reason === undefined && perSecond >= (best?.run.perSecond ?? 0)) best = tried;
        best ??= tried;
        return step;
      });
      say(`Knee: ${knee.perSecond ?? 'none'} a second (${knee.because})`);
    }
    best ??= await once(system, options, options, stop.signal, (number, second) => say(line(number, second)));
    await keep(
      { at: new Date().toISOString(), command, machine: describeMachine(), arrivals: options.arrivals, ...best, knee },
      options,
    );
  } finally {
    await system.stop();
  }
}

/** One run with an eye on the system. */
async function once(
  { stack, target }: System,
  { arrivals, seed }: LoadOptions,
  { perSecond, seconds }: { perSecond: number; seconds: number },
  signal: AbortSignal,
  onSecond: (number: number, second: Second) => void,
): Promise<{ run: Run; samples: readonly Sample[] }> {
  const watch = stack === undefined ? undefined : watchSystem(stack);
  try {
    const run = await generate({ target, perSecond, seconds, arrivals, seed }, { onSecond, signal });
    return { run, samples: watch?.samples ?? [] };
  } finally {
    await watch?.stop();
  }
}

function stepOf({ perSecond, seconds, good, faults, latency }: Run, length: number): Step {
  const histogram = createHistogram(latency);
  const during = seconds.slice(0, Math.max(1, Math.round(length)));
  return {
    perSecond,
    achieved: during.reduce((sum, { answered }) => sum + answered, 0) / during.length,
    p50: histogram.percentile(50),
    p99: good === 0 ? Number.POSITIVE_INFINITY : histogram.percentile(99),
    faults: Object.values(faults).reduce((sum, { count }) => sum + count, 0),
    openEarly: during[Math.floor(during.length / 3)]?.open ?? 0,
    openLate: during.at(-1)?.open ?? 0,
  };
}

function line(number: number, { due, answered, faults, open, latency }: Second): string {
  const bad = Object.entries(faults).map(([kind, count]) => `  ${count} × ${kind}`);
  const ms = (micros: number) => `${(micros / 1_000).toFixed(0)} ms`;
  const head = `${String(number).padStart(4)} s  due ${due}  answered ${answered}  open ${open}`;
  return `${head}  p50 ${ms(latency.p50)}  p99 ${ms(latency.p99)}${bad.join('')}`;
}

async function keep(result: LoadResult, { out, json }: LoadOptions): Promise<void> {
  const dir = path.resolve(
    out ?? path.join(tmpdir(), `techno-load-${result.at.replaceAll(/[-:]|\.\d+/g, '')}-${randomInt(1_000)}`),
  );
  await mkdir(dir, { recursive: true });
  await writeFile(path.join(dir, 'index.html'), await page(result));
  await writeFile(path.join(dir, 'metrics.prom'), prometheusText(result));
  await writeFile(path.join(dir, 'result.json'), `${JSON.stringify(result)}\n`);
  const { run, knee } = result;
  const latency = createHistogram(run.latency);
  const ms = (percent: number) => `${(latency.percentile(percent) / 1_000).toFixed(1)} ms`;
  const faults = Object.entries(run.faults);
  say(`\n${run.perSecond}/s: ${run.good} of ${run.due} as they must be, p50 ${ms(50)}, p95 ${ms(95)}, p99 ${ms(99)}`);
  for (const [kind, { count, example }] of faults) say(`${count} × ${kind} (${example.slice(0, 200)})`);
  say(`Results: ${dir}/index.html, metrics.prom, result.json`);
  if (json) process.stdout.write(`${JSON.stringify({ dir, ...result })}\n`);
  else if (knee !== undefined) process.stdout.write(`${knee.perSecond ?? 0}\n`);
}

const args = process.argv.slice(2);
try {
  const options = parseOptions(args);
  const command = ['npm run load', ...(args.length === 0 ? [] : ['--', ...args])].join(' ');
  const root = path.resolve(import.meta.dirname, '../..');
  if (options === undefined) process.stdout.write(`${HELP}\n`);
  else await load(options, command, path.resolve(options.home ?? process.env['TECHNO_HOME'] ?? path.join(root, '.techno')));
} catch (error) {
  say(`\n${errorMessage(error)}`);
  process.exitCode = 1;
}
