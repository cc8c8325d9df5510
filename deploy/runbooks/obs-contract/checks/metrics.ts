import { until } from '@techno/embedded';
import { SECOND } from '@techno/kernel';
import { refuse } from '../broken-promise.ts';
import { type DeclaredMetric, METRICS } from '../contract.ts';
import { type ExposedMetric, parseExposition } from '../exposition.ts';
import type { Process } from '../world/world.ts';
import type { Check, Run } from './check.ts';

/** Every metric has the name, the type and the labels it was declared with, and nothing else is exposed. */
export const metrics: Check = {
  name: 'metrics',
  promise: 'every metric has its declared name, type and labels, and none is undeclared',
  async check(run) {
    let faults: string[] = [];
    // What happened last may be counted a moment later.
    await until(async () => (faults = await look(run)).length === 0, {
      timeoutMs: Math.min(run.settleMs, 20 * SECOND),
      everyMs: 1 * SECOND,
    }).catch(() => undefined);
    refuse(faults);
    return `${Object.keys(METRICS).length} metrics of ${run.world.processes.length} processes`;
  },
};

async function look({ world, settings, keep }: Run): Promise<string[]> {
  const exposed = await Promise.all(
    world.processes.map(async (process) => {
      const text = await (await fetch(`${process.ops}/metrics`, { signal: AbortSignal.timeout(5 * SECOND) })).text();
      keep(`metrics-${process.service}-${new URL(process.ops).port}.txt`, text);
      return { process, metrics: parseExposition(text) };
    }),
  );
  const mayBeSparse = settings.get('OBS_SPARSE') === 'may';
  return [
    ...exposed.flatMap(({ process, metrics: has }) => faultsOf(process, has)),
    ...Object.entries(METRICS).flatMap(([name, declared]) =>
      declared.series
        .filter(() => !(mayBeSparse && declared.sparse === true))
        .filter(
          (service) => !exposed.some((one) => one.process.service === service && (one.metrics.get(name)?.series.length ?? 0) > 0),
        )
        .map((service) => `${service}: ${name} has no series`),
    ),
  ];
}

function faultsOf({ service }: Process, exposed: ReadonlyMap<string, ExposedMetric>): string[] {
  const due = Object.entries(METRICS).filter(([, { by }]) => by.includes(service));
  const names = new Set(due.map(([name]) => name));
  const undeclared = [...exposed.keys()].filter((name) => !names.has(name));
  return [
    ...due.flatMap(([name, declared]) => faultsOfOne(service, name, declared, exposed.get(name), undeclared)),
    ...undeclared.map((name) => `${service}: ${name} is exposed and not declared in contract.ts`),
  ];
}

function faultsOfOne(
  service: string,
  name: string,
  declared: DeclaredMetric,
  exposed: ExposedMetric | undefined,
  undeclared: readonly string[],
): string[] {
  if (exposed === undefined) {
    const instead =
      undeclared.length === 0 ? '' : `; it exposes ${undeclared.join(', ')}, which nobody declared: was it renamed?`;
    return [`${service}: the metric ${name} is gone${instead}`];
  }
  if (exposed.type !== declared.type) return [`${service}: ${name} is a ${exposed.type}, not a ${declared.type}`];
  const wanted = declared.labels.toSorted().join(', ');
  const other = exposed.series.find((labels) => Object.keys(labels).toSorted().join(', ') !== wanted);
  if (other === undefined) return [];
  return [`${service}: ${name} has the labels (${Object.keys(other).toSorted().join(', ')}), not (${wanted})`];
}
