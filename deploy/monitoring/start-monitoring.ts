/**
 * deploy/monitoring/start-monitoring.ts: the machine's own Prometheus and Alertmanager (Debian: `prometheus`,
 * `prometheus-alertmanager`) beside a running stack, with the configuration, rules and routes of deploy/prometheus and
 * deploy/alertmanager.
 *
 *     const stack = JSON.parse(readFileSync('.techno/stack.json', 'utf8'));
 *     const stopping = new AbortController();
 *     const { prometheusUrl, alertmanagerUrl, stopped } = await startMonitoring(stack, stopping.signal);
 *     …
 *     stopping.abort();
 *     await stopped;
 *
 * Used by `techno monitor`, by the tests in tests/observability and by deploy/runbooks.
 */
import { openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, type Guard, launch, type LaunchPlan, ready, type Running, startGuard } from '@techno/embedded';
import { SECOND } from '@techno/kernel';
import type { ScrapedStack } from '../prometheus/targets.ts';
import { searchPath } from './config.ts';
import { layOut, type MonitoringAddresses, type MonitoringFolder, writeTargets } from './folder.ts';
import { type Pace, RESEND_DELAY } from './pace.ts';
import { programOf } from './programs.ts';

/** What it needs of `stack.json`. */
export interface MonitoredStack extends ScrapedStack {
  /** The gateway's webhook source for alerts. */
  readonly alerts: { readonly url: string; readonly token: string };
}

export interface MonitoringOptions {
  /** Where configuration, data and logs are kept. Default: a folder of its own that goes with it. */
  readonly dir?: string;
  /** Default `production`. */
  readonly pace?: Pace;
  /** Wanted ports; default: any free ones. */
  readonly ports?: { readonly prometheus: number; readonly alertmanager: number };
}

export interface Monitoring {
  /** `http://127.0.0.1:<port>`. */
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  /** Configuration, data and logs. */
  readonly dir: string;
  /** Scrapes what this stack has from now on: for processes that were added or moved to another port. */
  follow(stack: ScrapedStack): void;
  /** Resolves when both have ended, after the signal was aborted. */
  readonly stopped: Promise<void>;
}

const READY_MS = 30 * SECOND;
const GRACE_MS = 5 * SECOND;

/**
 * Starts both and waits until they are ready. They live until `signal` is aborted, and end with this process whatever happens
 * to it.
 * @throws StartupError MONITORING_MISSING where one is not installed, PROCESS_EXITED, PROCESS_NOT_READY (their logs are in `dir`)
 */
export async function startMonitoring(
  stack: MonitoredStack,
  signal: AbortSignal,
  { dir: given, pace = 'production', ports }: MonitoringOptions = {},
): Promise<Monitoring> {
  // Before anything is made: without the programs there is nothing to clean up.
  for (const program of ['prometheus', 'alertmanager'] as const) programOf(program);
  const dir = given ?? (await mkdtemp(path.join(tmpdir(), 'techno-monitoring-')));
  const folder = layOut(dir, { gateway: stack.alerts, pace });
  const addresses: MonitoringAddresses = {
    prometheus: `127.0.0.1:${ports?.prometheus ?? (await freePort())}`,
    alertmanager: `127.0.0.1:${ports?.alertmanager ?? (await freePort())}`,
  };
  writeTargets(dir, stack, addresses);
  const guard = startGuard();
  const running: Running[] = [];

  const stop = async () => {
    await Promise.all(running.map((process) => process.stop(GRACE_MS)));
    guard.close();
    if (given === undefined) await rm(dir, { recursive: true, force: true });
  };
  try {
    const plans = [prometheusPlan(folder, addresses, pace), alertmanagerPlan(folder, addresses)];
    for (const plan of plans) running.push(await begin(plan, folder, guard));
    await Promise.all(plans.map((plan, at) => ready(plan, running[at] as Running, { timeoutMs: READY_MS, signal })));
  } catch (error) {
    await Promise.all(running.map((process) => process.stop(GRACE_MS)));
    guard.close();
    throw error;
  }
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return {
    prometheusUrl: `http://${addresses.prometheus}`,
    alertmanagerUrl: `http://${addresses.alertmanager}`,
    dir,
    follow: (next) => writeTargets(dir, next, addresses),
    stopped: aborted.then(stop),
  };
}

function begin(plan: LaunchPlan, folder: MonitoringFolder, guard: Guard): Promise<Running> {
  return launch(plan, { output: openSync(folder.logOf(plan.name), 'a'), guard });
}

function prometheusPlan(folder: MonitoringFolder, { prometheus }: MonitoringAddresses, pace: Pace): LaunchPlan {
  return plan('prometheus', prometheus, [
    `--config.file=${folder.prometheusConfig}`,
    `--storage.tsdb.path=${folder.prometheusData}`,
    // The longest window of a rule is 3 days, that of a budget 30.
    '--storage.tsdb.retention.time=30d',
    `--web.listen-address=${prometheus}`,
    // From a panel's point to its trace.
    '--enable-feature=exemplar-storage',
    `--rules.alert.resend-delay=${RESEND_DELAY[pace]}`,
    '--log.level=warn',
  ]);
}

function alertmanagerPlan(folder: MonitoringFolder, { alertmanager }: MonitoringAddresses): LaunchPlan {
  return plan('alertmanager', alertmanager, [
    `--config.file=${folder.alertmanagerConfig}`,
    `--storage.path=${folder.alertmanagerData}`,
    `--web.listen-address=${alertmanager}`,
    // One of its kind: no cluster, and no port for it.
    '--cluster.listen-address=',
    '--log.level=warn',
  ]);
}

function plan(program: 'prometheus' | 'alertmanager', address: string, args: readonly string[]): LaunchPlan {
  return {
    name: program,
    command: programOf(program),
    args,
    cwd: '/',
    env: { PATH: searchPath() },
    stopSignal: 'SIGTERM',
    stage: 3,
    isReady: async (signal) => (await fetch(`http://${address}/-/ready`, { signal })).ok,
  };
}
