import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { rfc3339, systemClock } from '@techno/kernel';
import { startBareHops } from './bare/bare-hops.ts';
import { startFullSystem } from './full/full-system.ts';
import { type Generator, startGenerator } from './load/generator.ts';
import { describeMachine } from './machine.ts';
import { type LoadShape, type Measurement, measure, middle } from './measure.ts';
import { measureDisk } from './observe/disk.ts';
import { hotSpotsOf } from './observe/hot-spots.ts';
import { profile } from './observe/profile.ts';
import type { BenchOptions } from './options.ts';
import { step } from './progress.ts';
import { CLIENTS, type FullResults, type ProfiledService, type Results } from './report/report.ts';
import { soak } from './soak.ts';
import type { Subject } from './subject.ts';

const ROOT = path.dirname(import.meta.dirname);
const SOAK_SECONDS = 300;
const PROFILE_SECONDS = 5;

/** Every phase, on stacks of its own in `folder`. Nothing of them is left when it returns or throws. */
export async function runBench(
  options: BenchOptions,
  context: {
    folder: string;
    environment: Readonly<Record<string, string>>;
    command: string;
    profiles: string;
    /** Ends the run early, with an error. */
    signal: AbortSignal;
  },
): Promise<Results> {
  const started: Subject[] = [];
  const begun = async (subject: Promise<Subject>): Promise<Subject> => {
    started.push(await subject);
    return subject;
  };
  /** What has been measured is ended, so that nothing idles, or still writes out what it holds, beside what is measured next. */
  const end = async (...done: Subject[]): Promise<void> => {
    for (const subject of done) {
      started.splice(started.indexOf(subject), 1);
      await subject.stop();
    }
  };
  const generator = startGenerator();
  context.signal.addEventListener('abort', () => void generator.close());
  try {
    const disk = await step('The disk by itself', () => measureDisk(context.folder, options.latencySeconds, context.signal));
    const hops = (name: string, committed: boolean) => {
      const [folder, searchPath] = [path.join(context.folder, name), context.environment['PATH'] ?? ''];
      return step(`Starting the ${name}`, () => begun(startBareHops(name, { folder, searchPath, committed })));
    };
    const bare = await hops('bare hops', false);
    const committed = await hops('committed hops', true);
    const full = options.bareOnly
      ? undefined
      : await step('Starting the full system', () => begun(startFullSystem(context.folder, context.environment, context.signal)));
    const subjects = full === undefined ? [bare] : [bare, full];
    for (const subject of [committed, ...subjects]) await warmUp(subject, generator, options.warmUpSeconds);

    // In turn, so that a machine that is slower for a while is slower for both.
    const throughput = new Map<Subject, Measurement[]>(subjects.map((subject) => [subject, []]));
    for (let round = 1; round <= options.rounds; round++) {
      for (const subject of subjects) {
        const shape = { kind: 'closed', seconds: options.throughputSeconds, clients: CLIENTS.throughput } as const;
        const title = `Round ${round} of ${options.rounds}: ${subject.name}, ${CLIENTS.throughput} clients`;
        throughput.get(subject)?.push(await step(title, () => measure(subject, generator, shape), speed));
      }
    }
    const rounds = (throughput.get(bare) ?? []).map((measured, index) => ({
      bare: measured.perSecond,
      full: full === undefined ? 0 : (throughput.get(full)?.[index]?.perSecond ?? 0),
    }));

    const latencyOf = (subject: Subject) => {
      const shape = { kind: 'closed', seconds: options.latencySeconds, clients: CLIENTS.latency } as const;
      return measureSettled(subject, generator, shape, options, `${CLIENTS.latency} clients`);
    };
    return {
      at: rfc3339(systemClock.now()),
      machine: describeMachine(),
      command: context.command,
      disk,
      bare: { throughput: middle(throughput.get(bare) ?? []), latency: await latencyOf(bare) },
      committed: { latency: await latencyOf(committed) },
      full:
        full === undefined
          ? undefined
          : {
              ...(await fullPhases({ full, committed, alone: () => end(bare, committed) }, generator, options, {
                throughput: middle(throughput.get(full) ?? []),
                latency: await latencyOf(full),
                profiles: context.profiles,
              })),
              rounds,
            },
    };
  } catch (error) {
    context.signal.throwIfAborted();
    throw error;
  } finally {
    await generator.close();
    for (const { stop } of started.toReversed()) await stop();
  }
}

async function fullPhases(
  { full, committed, alone }: { full: Subject; committed: Subject; alone: () => Promise<void> },
  generator: Generator,
  options: BenchOptions,
  known: { throughput: Measurement; latency: Measurement; profiles: string },
): Promise<Omit<FullResults, 'rounds'>> {
  const perSecond = Math.round(known.throughput.perSecond / 2);
  const shape = { kind: 'open', seconds: options.openLoopSeconds, perSecond } as const;
  const halfOf = async (subject: Subject): Promise<Measurement[]> => {
    const title = `${perSecond} actions/s`;
    const parts = [await measureSettled(subject, generator, shape, options, title)];
    while (parts.length < options.openLoopParts) {
      const part = `${subject.name}, ${title}: part ${parts.length + 1} of ${options.openLoopParts}`;
      parts.push(await step(part, () => measure(subject, generator, shape), speed));
    }
    return parts;
  };
  const committedHalf = await halfOf(committed);
  await step('Ending the bare and the committed hops', alone);
  const half = await halfOf(full);
  const profiled = options.profile ? await profiles(full, generator, known.profiles) : [];
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const soaked = options.soak
    ? await step(`full system, ${perSecond} actions/s for ${SOAK_SECONDS} s`, () =>
        soak(full, generator, { seconds: SOAK_SECONDS, perSecond, say }),
      )
    : undefined;
  return { throughput: known.throughput, latency: known.latency, committedHalf, half, soak: soaked, profiles: profiled };
}

/**
 * A latency belongs to a load that has lasted: every accepted action is looked at again when its time limit is over (20 s), so a
 * measurement would begin with the work that the load before it left behind.
 */
async function measureSettled(
  subject: Subject,
  generator: Generator,
  shape: LoadShape,
  { settlingSeconds }: BenchOptions,
  title: string,
): Promise<Measurement> {
  const settling = { ...shape, seconds: settlingSeconds, target: subject.target };
  await step(`${subject.name}, ${title}: settling`, () => generator.run(settling));
  return step(`${subject.name}, ${title}`, () => measure(subject, generator, shape), speed);
}

async function warmUp(subject: Subject, generator: Generator, seconds: number): Promise<void> {
  await step(`Warming up the ${subject.name}`, () =>
    generator.run({ kind: 'closed', target: subject.target, seconds, clients: CLIENTS.throughput }),
  );
}

/** One after the other, all under the same load. */
async function profiles(subject: Subject, generator: Generator, folder: string): Promise<ProfiledService[]> {
  await mkdir(folder, { recursive: true });
  const services = subject.processes().filter(({ ops }) => ops !== undefined);
  const seconds = services.length * (PROFILE_SECONDS + 2);
  const load = generator.run({ kind: 'closed', target: subject.target, seconds, clients: CLIENTS.throughput });
  const profiled: ProfiledService[] = [];
  for (const service of services) {
    const file = await step(`Profiling ${service.name}`, () => profile(service, PROFILE_SECONDS, folder));
    profiled.push({ name: service.name, file: path.relative(ROOT, file), hotSpots: await hotSpotsOf(file, ROOT) });
  }
  await load;
  return profiled;
}

function speed({ perSecond, latency }: Measurement): string {
  const [p50, p99] = [50, 99].map((percent) => (latency.percentile(percent) / 1_000).toFixed(1));
  return `${perSecond.toFixed(0)} actions/s, p50 ${p50} ms, p99 ${p99} ms`;
}
