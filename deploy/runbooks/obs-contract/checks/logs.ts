import { CANONICAL_EVENTS, logLineFaults, SERVICES } from '@techno/contracts';
import { until } from '@techno/embedded';
import { BrokenPromise, refuse } from '../broken-promise.ts';
import type { World } from '../world/world.ts';
import type { Check } from './check.ts';

/** Everything that was written is one schema, and tells of everything that happened. */
export const logs: Check = {
  name: 'logs',
  promise: 'every line of every service is of the one schema, and all eleven canonical events are there',
  async check({ world, exercised, settleMs, keep }) {
    const id = exercised?.traces.echo;
    if (id === undefined) throw new BrokenPromise('nothing was sent whose log lines could be looked at');
    let faults: string[] = [];
    let count = 0;
    await until(
      async () => {
        ({ faults, count } = await look(world, `tr_${id}`));
        return faults.length === 0;
      },
      { timeoutMs: Math.min(settleMs, 15_000), everyMs: 1_000 },
    ).catch((error: unknown) => {
      const { cause } = error as Error;
      if (cause instanceof Error)
        throw new BrokenPromise(`the logs in ${world.logs.name} cannot be read: ${cause.message}`, { cause });
    });
    keep('logs.txt', (await linesAbout(world, id)).join('\n'));
    refuse(faults);
    return `${count} lines of ${SERVICES.length} services`;
  },
};

async function look({ logs: source }: World, traceId: string): Promise<{ faults: string[]; count: number }> {
  const faults: string[] = [];
  const events = new Set<string>();
  const tellers = new Set<string>();
  let count = 0;
  for (const service of await source.silent()) faults.push(`${service}: not one line in ${source.name}`);
  for (const [service, lines] of await source.lines()) {
    for (const line of lines) {
      count++;
      faults.push(...logLineFaults(line).map((fault) => `${service}: ${fault} in ${line.slice(0, 300)}`));
      const event = /"event":"([A-Z_]+)"/.exec(line)?.[1];
      if (event !== undefined) events.add(event);
      if (line.includes(traceId)) tellers.add(service);
    }
  }
  for (const event of CANONICAL_EVENTS) if (!events.has(event)) faults.push(`no line tells of ${event}`);
  for (const service of ['gateway', 'gate-engine', 'executor'])
    if (!tellers.has(service)) faults.push(`${service}: no line of it carries ${traceId}, which went through it`);
  return { faults, count };
}

async function linesAbout({ logs: source }: World, w3cTraceId: string): Promise<string[]> {
  return [...(await source.lines()).values()].flat().filter((line) => line.includes(w3cTraceId));
}
