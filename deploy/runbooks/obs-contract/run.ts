import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { errorMessage, SECOND } from '@techno/kernel';
import { BrokenPromise } from './broken-promise.ts';
import type { Check, Run } from './checks/check.ts';
import { CHECKS } from './checks/checks.ts';
import { ailing, health, stillHealthy } from './checks/health.ts';
import { traces } from './checks/traces.ts';
import { traffic } from './checks/traffic.ts';
import { ROOT, type Settings } from './settings.ts';
import { openWorld } from './world/open-world.ts';
import type { Plant } from './world/plants.ts';
import type { World } from './world/world.ts';

export interface Held {
  readonly name: string;
  readonly promise: string;
  readonly result: 'kept' | 'BROKEN' | 'not checked';
  /** What was found, or what broke it. */
  readonly found: string;
  readonly seconds: number;
}

export interface Outcome {
  readonly kept: boolean;
  /** The first broken promise and its cause. */
  readonly cause: string | undefined;
  readonly checks: readonly Held[];
  /** Where the evidence is. */
  readonly evidence: string;
}

const KEPT_LINES = 500;
/** These say it themselves. */
const HEALTH = new Set([health.name, stillHealthy.name]);
/** What these find may lie in how a stack was started that the run did not start. */
const NEEDS_ENV = new Set([traffic.name, traces.name]);
const STACK_ENV = 'was the stack started with the settings of deploy/runbooks/obs-contract/stack.env?';
const WORLD = { name: 'world', promise: 'everything that is checked is there' } as const;

/** Holds the contract against what the settings name, and stops at the first promise that is broken. Leaves evidence either way. */
export async function holdContract(settings: Settings, say: (line: string) => void, plant?: Plant): Promise<Outcome> {
  const startedAt = Date.now();
  const name = `obs-contract-${new Date(startedAt).toISOString().replaceAll(/[:.]/g, '-')}${plant === undefined ? '' : `-${plant}`}`;
  const evidence = path.join(path.resolve(ROOT, settings.get('OBS_EVIDENCE')), name);
  mkdirSync(evidence, { recursive: true });
  const keep: Run['keep'] = (file, content) =>
    writeFileSync(path.join(evidence, file), typeof content === 'string' ? content : JSON.stringify(content, undefined, 2));

  const held: Held[] = [];
  let world: World | undefined;
  const opened = await hold(WORLD, say, async () => {
    world = await openWorld(settings, plant);
    return `${world.processes.length} processes; traces: ${world.traces.name}`;
  });
  held.push(opened);
  try {
    if (world !== undefined && opened.result === 'kept') {
      const settleMs = Number(settings.get('OBS_SETTLE_SECONDS')) * SECOND;
      const run: Run = { world, settings, settleMs, startedAt, exercised: undefined, starts: new Map(), say, keep };
      for (const check of CHECKS) {
        const result = await explained(await hold(check, say, () => check.check(run)), run);
        held.push(result);
        if (result.result !== 'kept') {
          await keepLogs(world, keep);
          break;
        }
      }
    }
  } finally {
    await world?.stop();
  }
  for (const { name: unchecked, promise } of CHECKS)
    if (!held.some((one) => one.name === unchecked))
      held.push({ name: unchecked, promise, result: 'not checked', found: '', seconds: 0 });
  const broken = held.find(({ result }) => result === 'BROKEN');
  const outcome: Outcome = {
    kept: broken === undefined && held.every(({ result }) => result === 'kept'),
    cause: broken && `${broken.name}: ${broken.found}`,
    checks: held,
    evidence,
  };
  keep('outcome.json', outcome);
  keep('table.txt', `${table(held)}\n`);
  return outcome;
}

/** A process that is gone breaks promises that do not speak of it: it is named beside what was found. */
async function explained(held: Held, run: Run): Promise<Held> {
  if (held.result !== 'BROKEN' || HEALTH.has(held.name)) return held;
  const causes = await ailing(run).catch(() => []);
  if (causes.length > 0) return { ...held, found: `${causes.join('; ')}. So: ${held.found}` };
  const taken = !['own', 'none'].includes(run.settings.get('OBS_STACK'));
  return taken && NEEDS_ENV.has(held.name) ? { ...held, found: `${held.found} (${STACK_ENV})` } : held;
}

/** What the services said last, for whoever looks for the cause; the stack may be gone by then. */
async function keepLogs({ logs }: World, keep: Run['keep']): Promise<void> {
  const lines = await logs.lines().catch(() => new Map<string, string[]>());
  for (const [service, said] of lines) keep(`log-${service}.txt`, `${said.slice(-KEPT_LINES).join('\n')}\n`);
}

async function hold(
  { name, promise }: Pick<Check, 'name' | 'promise'>,
  say: (line: string) => void,
  check: () => Promise<string>,
): Promise<Held> {
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 100) / 10;
  say(`${name}: ${promise}`);
  try {
    return { name, promise, found: await check(), result: 'kept', seconds: seconds() };
  } catch (error) {
    // Whatever keeps a check from being made is as bad as what it would have found.
    const found = error instanceof BrokenPromise ? error.message : `the check could not be made: ${errorMessage(error)}`;
    return { name, promise, found, result: 'BROKEN', seconds: seconds() };
  }
}

/** One line for each promise. */
export function table(held: readonly Held[]): string {
  const rows = held.map(({ name, result, seconds, found }) => [
    name,
    result,
    result === 'not checked' ? '' : `${seconds.toFixed(1)} s`,
    found,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
