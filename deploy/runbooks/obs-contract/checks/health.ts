import { SERVICES } from '@techno/contracts';
import { until } from '@techno/embedded';
import { SECOND } from '@techno/kernel';
import { refuse } from '../broken-promise.ts';
import { parseExposition } from '../exposition.ts';
import type { Process } from '../world/world.ts';
import type { Check, Run } from './check.ts';

interface Ready {
  readonly status: string;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly error?: string }>>;
}

/** Every process lives, could work, and is the one that was there before. */
export const health: Check = {
  name: 'health',
  promise: 'every service answers, reaches what it needs, and lets nobody in without a key',
  async check(run) {
    const { processes, gateway } = run.world;
    const absent = SERVICES.filter((service) => !processes.some((process) => process.service === service));
    refuse(absent.map((service) => `${service}: there is no process of it`));
    run.keep('processes.json', processes);
    await whileBusy(run, async () => (await Promise.all(processes.map(unwell))).flat());
    await noteStarts(run);
    refuse(justRevived(processes, run.starts, Date.now() / SECOND));
    await whileBusy(run, async () =>
      (await Promise.all(EDGE.map(([path, expected]) => edgeFaults(gateway, path, expected)))).flat(),
    );
    return `${processes.length} processes ready`;
  },
};

/** The same processes as at the beginning, and still well. */
export const stillHealthy: Check = {
  name: 'still healthy',
  promise: 'no process failed or was started again meanwhile',
  async check(run) {
    const before = new Map(run.starts);
    await whileBusy(run, async () => (await Promise.all(run.world.processes.map(unwell))).flat());
    await noteStarts(run);
    refuse(startedAgain(run.world.processes, before, run.starts));
    return 'none was restarted';
  },
};

/**
 * Processes that fail or have been started again, as they are now: what lies behind a promise that is broken elsewhere, or
 * nothing.
 */
export async function ailing({ world, starts }: Run): Promise<string[]> {
  const unwellNow = (await Promise.all(world.processes.map(unwell))).flat();
  const now = new Map<string, number>();
  await noteStarts({ world, starts: now }).catch(() => undefined);
  return [...unwellNow, ...startedAgain(world.processes, starts, now)];
}

/** A service that has just been brought back to life had ended: it is well again, and something is not. */
const REVIVED_SECONDS = 60;

/**
 * Services none of whose processes is older than a minute while others are: their supervisor was quicker than this look.
 * @param starts epoch seconds by ops URL
 */
export function justRevived(processes: readonly Process[], starts: ReadonlyMap<string, number>, nowSeconds: number): string[] {
  const eldestOf = (some: readonly Process[]) => Math.min(...some.map(({ ops }) => starts.get(ops) ?? nowSeconds));
  const eldest = eldestOf(processes);
  return SERVICES.flatMap((service) => {
    const began = eldestOf(processes.filter((process) => process.service === service));
    const age = Math.round(nowSeconds - began);
    if (!Number.isFinite(began) || age > REVIVED_SECONDS || began - eldest <= REVIVED_SECONDS) return [];
    return [`${service}: it was started ${age} s ago, ${Math.round(began - eldest)} s after the others: it had stopped`];
  });
}

function startedAgain(
  processes: readonly Process[],
  before: ReadonlyMap<string, number>,
  now: ReadonlyMap<string, number>,
): string[] {
  return processes
    .filter(({ ops }) => before.has(ops) && now.has(ops) && before.get(ops) !== now.get(ops))
    .map(({ service, ops }) => `${service} (${ops}) was started again during the run`);
}

/** What the API says to somebody without a key. */
const EDGE = [
  ['/openapi.json', 200],
  ['/v1/actions', 401],
  ['/v1/policy', 401],
] as const;

/** A machine under load may keep somebody from answering once; who is still silent after this is gone. */
const PATIENCE_MS = 20 * SECOND;

async function whileBusy({ settleMs }: Run, look: () => Promise<string[]>): Promise<void> {
  let faults: string[] = [];
  await until(async () => (faults = await look()).length === 0, {
    timeoutMs: Math.min(settleMs, PATIENCE_MS),
    everyMs: 500,
  }).catch(() => undefined);
  refuse(faults);
}

async function unwell({ service, ops }: Process): Promise<string[]> {
  try {
    const alive = await fetch(`${ops}/healthz`, { signal: AbortSignal.timeout(5 * SECOND) });
    if (alive.status !== 200) return [`${service}: ${ops}/healthz answered ${alive.status}`];
    const ready = await fetch(`${ops}/readyz`, { signal: AbortSignal.timeout(5 * SECOND) });
    const { status, checks } = (await ready.json()) as Ready;
    if (ready.status === 200) return [];
    const failing = Object.entries(checks).filter(([, { ok }]) => !ok);
    return [`${service}: not ready (${status}): ${failing.map(([name, { error }]) => `${name}: ${error ?? ''}`).join(', ')}`];
  } catch (error) {
    return [`${service}: ${ops} does not answer (${reason(error)}): the service is stopped or hangs`];
  }
}

async function noteStarts({ world, starts }: Pick<Run, 'world' | 'starts'>): Promise<void> {
  for (const { ops } of world.processes) {
    const text = await (await fetch(`${ops}/metrics`, { signal: AbortSignal.timeout(5 * SECOND) })).text();
    const started = /^process_start_time_seconds (\S+)/m.exec(text)?.[1];
    if (started === undefined && parseExposition(text).size > 0) continue;
    starts.set(ops, Number(started));
  }
}

async function edgeFaults(gateway: string, path: string, expected: number): Promise<string[]> {
  try {
    const { status } = await fetch(gateway + path, { signal: AbortSignal.timeout(5 * SECOND) });
    return status === expected ? [] : [`gateway: GET ${path} without a key answered ${status}, not ${expected}`];
  } catch (error) {
    return [`gateway: ${gateway}${path} does not answer (${reason(error)})`];
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
