import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { errorMessage } from '@techno/kernel';
import { ownEnvironment } from '../config.ts';
import { startFullSystem } from '../full/full-system.ts';
import { describeMachine } from '../machine.ts';
import { usageOf } from '../observe/usage.ts';
import { table } from '../report/table.ts';
import { type MemoryTrend, trendOf } from '../soak.ts';
import { makeSchedules } from './make-schedules.ts';
import { latenessSince } from './lateness.ts';

const HELP = `node bench/schedules/main.ts [options]

How late occurrences start, and whether memory stays flat, with many schedules on a stack of its own.

  --schedules <n>   how many (10000)
  --every <s>       each comes round every so many seconds (60)
  --together        all at the same second, by cron, instead of spread over the interval
  --seconds <s>     how long to watch (180)
  --replicas <n>    schedulers (3)
  --help`;

const SAMPLE_MS = 5_000;
const MIB = 1_024 * 1_024;

interface Watched {
  readonly schedules: number;
  readonly every: number;
  readonly together: boolean;
  readonly seconds: number;
  readonly replicas: number;
}

async function bench(options: Watched): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'techno-schedules-'));
  await chmod(folder, 0o755);
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  const environment = { ...ownEnvironment(), TECHNO_REPLICAS: `scheduler=${options.replicas}`, TECHNO_LOG_LEVEL: 'warn' };
  try {
    const system = await startFullSystem(folder, environment, interrupted.signal);
    try {
      const stack = JSON.parse(await readFile(path.join(folder, 'home', 'stack.json'), 'utf8')) as Stack;
      const { seconds } = await makeSchedules({ url: stack.gateway, key: stack.apiKey }, options);
      say(`${options.schedules} schedules made in ${seconds.toFixed(1)} s`);
      const from = new Date();
      const samples = new Map<string, [seconds: number, bytes: number][]>();
      for (let second = 0; second < options.seconds && !interrupted.signal.aborted; second += SAMPLE_MS / 1_000) {
        for (const { name, memoryBytes, sharedBytes } of usageOf(system.processes())) {
          samples.set(name, [...(samples.get(name) ?? []), [second, memoryBytes - sharedBytes]]);
        }
        await delay(SAMPLE_MS);
      }
      say(describe(await latenessSince(stack.postgres, from)));
      say(memoryOf([...samples].map(([name, points]) => trendOf(name, points))));
    } finally {
      await system.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Stack {
  readonly gateway: string;
  readonly apiKey: string;
  readonly postgres: string;
}

function describe({ runs, distinct, missed, p50, p99, max }: Awaited<ReturnType<typeof latenessSince>>): string {
  const ms = (seconds: number) => `${(seconds * 1_000).toFixed(0)} ms`;
  return table(
    ['occurrences', 'distinct', 'missed', 'late p50', 'late p99', 'late max'],
    [[String(runs), String(distinct), String(missed), ms(p50), ms(p99), ms(max)]],
  );
}

function memoryOf(trends: readonly MemoryTrend[]): string {
  return table(
    ['process', 'first', 'last', 'growth', 'flat'],
    trends.map(({ name, firstBytes, lastBytes, growthBytes, flat }) => [
      name,
      ...[firstBytes, lastBytes, growthBytes].map((bytes) => `${(bytes / MIB).toFixed(1)} MiB`),
      flat ? 'yes' : 'no',
    ]),
  );
}

function say(text: string): void {
  process.stdout.write(`${text}\n\n`);
}

try {
  const { values } = parseArgs({
    options: {
      schedules: { type: 'string', default: '10000' },
      every: { type: 'string', default: '60' },
      together: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '180' },
      replicas: { type: 'string', default: '3' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) say(HELP);
  else {
    const [schedules, every, seconds, replicas] = [values.schedules, values.every, values.seconds, values.replicas].map(
      Number,
    ) as [number, number, number, number];
    say(describeMachine().join('\n'));
    await bench({ schedules, every, together: values.together, seconds, replicas });
  }
} catch (error) {
  process.stderr.write(`\n${errorMessage(error)}\n`);
  process.exitCode = 1;
}
