import type { DiskSyncs } from '../observe/disk.ts';
import type { HotSpot, HotSpots } from '../observe/hot-spots.ts';
import { createHistogram } from '../load/histogram.ts';
import { GENERATOR, type Measurement, type ProcessCost } from '../measure.ts';
import type { SoakResult } from '../soak.ts';
import { table } from './table.ts';

export interface Results {
  /** RFC 3339. */
  readonly at: string;
  readonly machine: readonly string[];
  readonly command: string;
  readonly disk: DiskSyncs;
  readonly bare: { readonly throughput: Measurement; readonly latency: Measurement };
  readonly committed: { readonly latency: Measurement };
  readonly full?: FullResults | undefined;
}

export interface FullResults {
  readonly throughput: Measurement;
  /** Throughput of every round, in order: how much to believe. */
  readonly rounds: readonly { readonly bare: number; readonly full: number }[];
  readonly latency: Measurement;
  /** Of the committed hops, at half of what the full system does at most; one for each part. */
  readonly committedHalf: readonly Measurement[];
  readonly half: readonly Measurement[];
  readonly soak?: SoakResult | undefined;
  readonly profiles: readonly ProfiledService[];
}

export interface ProfiledService {
  readonly name: string;
  readonly file: string;
  readonly hotSpots: HotSpots;
}

export const CLIENTS = { throughput: 128, latency: 8 } as const;
const TARGET = { share: 0.35, p50Ms: 10, p99Ms: 50 } as const;
const MIB = 1024 * 1024;

/** The whole report as Markdown. */
export function report(results: Results): string {
  const { bare, full } = results;
  const sections = [
    `# Results of \`${results.command}\``,
    [results.at, ...results.machine].map((line) => `- ${line}`).join('\n'),
    'One action is one `POST /v1/process` (`echo`, a payload of about 200 bytes) answered with 200 and COMPLETED; every answer was checked. ' +
      'The load generator shares the processors with what it measures. The bare hops are hyper-express → JetStream → JetStream → ' +
      'core reply in three processes on a nats-server with the same settings, and nothing else. The committed hops are the same, but each ' +
      'process commits what passes to a PostgreSQL with the same settings before it goes on, many in one commit: about the least of anything that loses nothing.',
  ];
  if (full !== undefined) sections.push('## Targets', targets(bare, full));
  sections.push('## Throughput and latency', speeds(results), disk(results.disk));
  if (full !== undefined && full.rounds.length > 1) sections.push(rounds(full));
  if (full !== undefined) {
    sections.push(`## Where the time goes: full system, ${CLIENTS.throughput} clients`, costs(full.throughput));
    if (full.throughput.stages.length > 0) sections.push(stages(full.throughput));
  }
  sections.push(`## Where the time goes: bare hops, ${CLIENTS.throughput} clients`, costs(bare.throughput));
  if (full !== undefined) sections.push(...full.profiles.map(hot));
  if (full?.soak !== undefined) sections.push('## Memory', memory(full.soak));
  return `${sections.join('\n\n')}\n`;
}

function targets(bare: Results['bare'], full: FullResults): string {
  const share = shareOf(full);
  const p50Ms = full.latency.latency.percentile(50) / 1_000;
  const p99Ms = together(full.half).latency.percentile(99) / 1_000;
  const parts = full.half.map(({ latency }) => latency.percentile(99) / 1_000);
  const met = (is: boolean) => (is ? 'met' : 'MISSED');
  const rows = [
    ['share of the bare hops’ throughput', '≥ 35 %', `${(share * 100).toFixed(1)} %`, met(share >= TARGET.share)],
    [
      'the same by processor time, which noise moves less',
      '',
      `${((cpuMicros(bare.throughput) / cpuMicros(full.throughput)) * 100).toFixed(1)} %`,
      '',
    ],
    [`p50 with ${CLIENTS.latency} clients`, '< 10 ms', ms(p50Ms), met(p50Ms < TARGET.p50Ms)],
    ['p99 at half of the maximum', '< 50 ms', ms(p99Ms), met(p99Ms < TARGET.p99Ms)],
    [`the same in each of its ${parts.length} parts`, '', parts.map((value) => value.toFixed(0)).join(', ') + ' ms', ''],
  ];
  if (full.soak !== undefined) {
    const growing = full.soak.processes.filter(({ flat }) => !flat).map(({ name }) => name);
    rows.push([
      `memory over ${full.soak.seconds} s`,
      'flat',
      growing.length === 0 ? 'flat' : `grows: ${growing.join(', ')}`,
      met(growing.length === 0),
    ]);
  }
  return table(['target', 'wanted', 'measured', ''], rows);
}

/** The middle one of the rounds' own: a round's two halves saw the same machine. */
function shareOf({ rounds: all }: FullResults): number {
  const shares = all.map((round) => round.full / round.bare).toSorted((a, b) => a - b);
  return shares[Math.floor(shares.length / 2)] ?? 0;
}

function speeds({ bare, committed, full }: Results): string {
  const row = (name: string, { perSecond, latency }: Speed): string[] => [
    name,
    perSecond.toFixed(0),
    ...[50, 95, 99].map((percent) => ms(latency.percentile(percent) / 1_000)),
    ms(latency.max / 1_000),
  ];
  const rows = [
    row(`bare hops, ${CLIENTS.throughput} clients`, bare.throughput),
    row(`bare hops, ${CLIENTS.latency} clients`, bare.latency),
    row(`committed hops, ${CLIENTS.latency} clients`, committed.latency),
  ];
  if (full !== undefined) {
    rows.push(
      row(`full system, ${CLIENTS.throughput} clients`, full.throughput),
      row(`full system, ${CLIENTS.latency} clients`, full.latency),
      row('committed hops, half of the full system’s maximum (open loop)', together(full.committedHalf)),
      row('full system, half of its maximum (open loop)', together(full.half)),
    );
  }
  return table(['', 'actions/s', 'p50', 'p95', 'p99', 'max'], rows);
}

type Speed = Pick<Measurement, 'perSecond' | 'latency'>;

/** Every answer of all parts counts. */
function together(parts: readonly Measurement[]): Speed {
  const latency = createHistogram();
  for (const part of parts) latency.merge(part.latency.data());
  return { perSecond: sum(parts.map(({ perSecond }) => perSecond)) / parts.length, latency };
}

function disk({ perSecond, latency }: DiskSyncs): string {
  const [p50, p99, max] = [latency.percentile(50), latency.percentile(99), latency.max].map((micros) => ms(micros / 1_000));
  return (
    `The disk by itself, before all of this and with nothing else running: 8 KiB written over and synced, ${perSecond} times a second, took ${p50} at the ` +
    `median, ${p99} at the 99th percentile and ${max} at most, from when they were due. What waits for a commit waits for this as well.`
  );
}

function rounds(full: FullResults): string {
  const rows = full.rounds.map((round, index) => [
    `round ${index + 1}`,
    round.bare.toFixed(0),
    round.full.toFixed(0),
    `${((round.full / round.bare) * 100).toFixed(1)} %`,
  ]);
  return table(['actions/s', 'bare hops', 'full system', 'share'], rows);
}

function costs({ processes }: Measurement): string {
  const row = ({ name, cores, cpuMicrosPerAction, memoryBytes }: ProcessCost): string[] => [
    name,
    cpuMicrosPerAction.toFixed(1),
    `${(cores * 100).toFixed(0)} %`,
    `${(memoryBytes / MIB).toFixed(0)} MiB`,
  ];
  const own = processes.filter(({ name }) => name !== GENERATOR);
  const total: ProcessCost = {
    name: 'together, without the load generator',
    cores: sum(own.map(({ cores }) => cores)),
    cpuMicrosPerAction: sum(own.map(({ cpuMicrosPerAction }) => cpuMicrosPerAction)),
    memoryBytes: sum(own.map(({ memoryBytes }) => memoryBytes)),
  };
  return table(['process', 'µs of CPU per action', 'of one core', 'memory'], [...processes, total].map(row));
}

/** Of everybody, the load generator too: it takes its part of the same processors. */
function cpuMicros({ processes }: Measurement): number {
  return sum(processes.map(({ cpuMicrosPerAction }) => cpuMicrosPerAction));
}

function stages({ stages: measured }: Measurement): string {
  return table(
    ['stage', 'times', 'mean', 'p50', 'p99'],
    measured.map(({ name, count, meanMs, p50Ms, p99Ms }) => [name, String(count), ms(meanMs), ms(p50Ms), ms(p99Ms)]),
  );
}

const SHOWN = 12;

function hot({ name, file, hotSpots: { places, functions } }: ProfiledService): string {
  const rows = (spots: readonly HotSpot[]) =>
    spots.slice(0, SHOWN).map((spot) => [spot.name, `${(spot.share * 100).toFixed(1)} %`]);
  return [
    `## Profile: ${name}`,
    `Share of its busy time, from \`${file}\`.`,
    table(['place', 'share'], rows(places)),
    table(['function', 'share'], rows(functions)),
  ].join('\n\n');
}

function memory({ seconds, perSecond, processes }: SoakResult): string {
  const mib = (bytes: number) => `${(bytes / MIB).toFixed(0)} MiB`;
  const rows = processes.map(({ name, firstBytes, lastBytes, growthBytes, flat }) => [
    name,
    mib(firstBytes),
    mib(lastBytes),
    mib(growthBytes),
    flat ? 'flat' : 'GROWS',
  ]);
  return [
    `${seconds} s at ${perSecond.toFixed(0)} actions/s; the first minute is left out, and so are PostgreSQL’s shared buffers. Growth is that of the best-fitting line, with one step in it or without, whichever is less steep: a step to another working size is not growth.`,
    table(['process', 'first', 'last', 'growth', ''], rows),
  ].join('\n\n');
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ms`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
