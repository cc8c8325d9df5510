import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { HAS_KUBECTL, type Overlay, rendered } from '../manifests.ts';
import { containerOf } from '../pods.ts';
import { ROOT } from '../settings.ts';
import type { HpaSpec } from './hpa.ts';
import { type Panel, plot } from './plot.ts';
import type { Recording } from './recording.ts';
import { actionsPerMessage, capacity, simulate } from './simulate.ts';

const FOLDER = path.join(ROOT, 'docs/scaling');
const RECORDED = path.join(FOLDER, 'recorded.json');

/** The executor's autoscaler as an overlay has it; nothing of it is repeated here. */
export function executorOf(overlay: Overlay): { spec: HpaSpec; requestedCores: number; scrapeS: number } {
  const { named } = rendered(overlay);
  const { spec } = named('HorizontalPodAutoscaler', 'executor');
  const [cpu, lag] = spec.metrics;
  const { requests } = containerOf(named('Deployment', 'executor')).resources;
  const interval = named('PodMonitor', 'techno-os').spec.podMetricsEndpoints[0].interval as string;
  return {
    spec: {
      minReplicas: spec.minReplicas,
      maxReplicas: spec.maxReplicas,
      lagPerReplica: Number(lag.external.target.averageValue),
      cpuPercent: cpu.resource.target.averageUtilization,
      upWindowMs: spec.behavior.scaleUp.stabilizationWindowSeconds * 1_000,
      downWindowMs: spec.behavior.scaleDown.stabilizationWindowSeconds * 1_000,
    },
    requestedCores: Number(requests['cpu']?.replace(/m$/, '')) / 1_000,
    scrapeS: Number(interval.replace('s', '')),
  };
}

/** Scheduling and starting a container whose image is there; the recorded start of the process comes on top. */
const SCHEDULING_S = 5;

interface Run {
  readonly name: string;
  readonly spec: HpaSpec;
  readonly overlay: Overlay;
  /** The recorded load, this many times over. */
  readonly scale: number;
  /** Whether the real stack was recorded with just these settings. */
  readonly real?: boolean;
}

/** First what was recorded, to see how far the model is to be trusted; then each overlay. */
export function runsOf(recording: Recording): readonly Run[] {
  return [
    { name: 'recorded', spec: recording.spec, overlay: 'staging', scale: 1, real: true },
    { name: 'staging', spec: executorOf('staging').spec, overlay: 'staging', scale: 1 },
    { name: 'production', spec: executorOf('production').spec, overlay: 'production', scale: 4 },
  ];
}

export function simulated(recording: Recording, { spec, overlay, scale, real = false }: Run) {
  const startS = (real ? 0 : SCHEDULING_S) + Math.round(recording.startMs / 1_000);
  return simulate(recording, { ...executorOf(overlay), spec, startS, scale });
}

/** The picture of one run. */
export function pictureOf(recording: Recording, run: Run): string {
  const { name, spec, scale } = run;
  const { perReplica } = capacity(recording);
  const subtitle = `${name}: ${spec.minReplicas} to ${spec.maxReplicas} executors, ${spec.lagPerReplica} messages for each; ${scale} × the load recorded ${recording.recordedAt.slice(0, 10)}; one does ${perReplica.toFixed(1)} actions/s`;
  return plot('The autoscaler over the recorded load', subtitle, panelsOf(recording, run));
}

function panelsOf(recording: Recording, run: Run): Panel[] {
  const seconds = simulated(recording, run);
  const real = run.real === true ? recording.scaled : [];
  return [
    {
      title: 'Load',
      unit: 'actions/s',
      lines: [{ name: 'accepted', color: '#6b7280', values: seconds.map(({ arrived }) => arrived) }],
    },
    {
      title: 'Messages that wait for the executor',
      unit: 'consumer_lag',
      lines: [
        { name: 'simulated', color: '#1d4ed8', values: seconds.map(({ lag }) => lag) },
        ...(real.length > 0 ? [{ name: 'real', color: '#d97706', values: real.map(({ lag }) => lag), dashed: true }] : []),
      ],
    },
    {
      title: 'Executors',
      unit: 'ready',
      lines: [
        { name: 'simulated', color: '#1d4ed8', values: seconds.map(({ replicas }) => replicas), steps: true },
        ...(real.length > 0
          ? [{ name: 'real', color: '#d97706', values: real.map(({ replicas }) => replicas), steps: true, dashed: true }]
          : []),
      ],
    },
  ];
}

/** One object a line, as the formatter leaves it. */
function rows(objects: readonly object[], indent: string): string {
  const fields = (object: object) => Object.entries(object).map(([name, value]) => `"${name}": ${JSON.stringify(value)}`);
  return `[\n${objects.map((object) => `${indent}  { ${fields(object).join(', ')} }`).join(',\n')}\n${indent}]`;
}

export function textOf(recording: Recording): string {
  const fields = Object.entries(recording).map(
    ([name, value]) => `  "${name}": ${Array.isArray(value) ? rows(value as object[], '  ') : JSON.stringify(value)}`,
  );
  return `{\n${fields.join(',\n')}\n}\n`;
}

function draw(): void {
  const recording = JSON.parse(readFileSync(RECORDED, 'utf8')) as Recording;
  const { perReplica, cpuPerAction } = capacity(recording);
  for (const run of runsOf(recording)) {
    const { name } = run;
    const seconds = simulated(recording, run);
    const file = path.join(FOLDER, `${name}.svg`);
    writeFileSync(file, pictureOf(recording, run));
    writeFileSync(path.join(FOLDER, `${name}.json`.replace('recorded', 'recorded-simulated')), `${rows(seconds, '')}\n`);
    const most = Math.max(...seconds.map(({ replicas }) => replicas));
    const lag = Math.max(...seconds.map((second) => second.lag));
    process.stdout.write(
      `${name}: at most ${most} executors and ${lag} messages waiting; ${seconds.at(-1)?.replicas} at the end. ${path.relative(ROOT, file)}\n`,
    );
  }
  process.stdout.write(
    `One executor: ${perReplica.toFixed(1)} actions/s, ${(cpuPerAction * 1_000).toFixed(2)} ms of CPU each; a message holds ${actionsPerMessage(recording).toFixed(1)} actions.\n`,
  );
}

if (import.meta.main) {
  if (!HAS_KUBECTL) throw new Error('kubectl is needed: the autoscaler is read from the rendered overlays');
  mkdirSync(FOLDER, { recursive: true });
  if (process.argv[2] === 'record') {
    const { record } = await import('./record.ts');
    const { spec, requestedCores } = executorOf('staging');
    const recording = await record(spec, requestedCores, (line) => void process.stdout.write(`${line}\n`));
    writeFileSync(RECORDED, textOf(recording));
  }
  draw();
}
