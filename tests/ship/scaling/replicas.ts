import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { until } from '@techno/testkit';

import { type ServiceProcess, startService } from '../../support/service-process.ts';
import type { Launched } from '../../e2e/launched.ts';

/** Executors beside the one that the launcher runs: each a real process, started and stopped on demand. */
export interface Replicas {
  /** Ready ones, the launcher's among them. */
  readonly ready: number;
  /** Those that are wanted: what is missing starts, what is too many drains. */
  want(count: number): void;
  /** Of the last one started: until it was ready. */
  readonly startMs: number;
  /** Of every ready one: its consumer's lag, and the CPU seconds used so far. */
  measure(): Promise<{ lag: number; cpu: number }>;
  stop(): Promise<void>;
}

export const CONSUMER = 'execute-http_executor_v1';

export async function executors(launched: Launched, allow: string): Promise<Replicas> {
  const stack = await launched.stack();
  const secrets = JSON.parse(await readFile(path.join(launched.home, 'secrets.json'), 'utf8')) as {
    natsPasswords: Record<string, string>;
    rolePasswords: Record<string, string>;
    allowKeys: string;
  };
  const signedIn = (url: string, user: string, password = '') => {
    const own = new URL(url);
    own.username = user;
    own.password = password;
    return own.href;
  };
  const env = {
    NATS_URL: signedIn(stack.nats, 'executor', secrets.natsPasswords['executor']),
    DATABASE_URL: signedIn(stack.postgres, 'techno_executor', secrets.rolePasswords['executor']),
    TECHNO_ALLOW_KEYS: secrets.allowKeys,
    TECHNO_EGRESS_ALLOW: allow,
    TECHNO_LOG_LEVEL: 'warn',
  };
  const own: string = stack.processes.find(({ service }) => service === 'executor')?.ops ?? '';
  const added: ServiceProcess[] = [];
  const leaving = new Set<Promise<unknown>>();
  let starting = 0;
  let startMs = 0;
  let wanted = 1;

  async function start(): Promise<void> {
    starting++;
    const begun = performance.now();
    try {
      added.push(await startService('executor', env, path.join(launched.home, 'logs')));
      startMs = Math.round(performance.now() - begun);
    } finally {
      starting--;
    }
    settle();
  }

  function settle(): void {
    while (1 + added.length + starting < wanted) void start();
    while (1 + added.length > wanted) {
      const stopped = added.pop()?.stop() ?? Promise.resolve();
      leaving.add(stopped);
      void stopped.finally(() => leaving.delete(stopped));
    }
  }

  return {
    get ready() {
      return 1 + added.length;
    },
    get startMs() {
      return startMs;
    },
    want(count) {
      wanted = count;
      settle();
    },
    async measure() {
      const texts = await Promise.all([own, ...added.map(({ ops }) => ops)].map((ops) => metricsOf(ops)));
      const cpu = texts.reduce((sum, text) => sum + valueOf(text, 'process_cpu_seconds_total'), 0);
      const lag = Math.max(0, ...texts.map((text) => valueOf(text, 'consumer_lag', `consumer="${CONSUMER}"`)));
      return { lag, cpu };
    },
    async stop() {
      wanted = 1;
      await until(() => starting === 0, { timeoutMs: 60_000 });
      settle();
      await Promise.all(leaving);
    },
  };
}

/** Empty where a replica does not answer: it has just gone, or the machine is busy. */
async function metricsOf(ops: string): Promise<string> {
  try {
    const response = await fetch(`${ops}/metrics`, { signal: AbortSignal.timeout(2_000) });
    return await response.text();
  } catch {
    return '';
  }
}

function valueOf(text: string, name: string, label = ''): number {
  const line = text.split('\n').find((one) => one.startsWith(name) && one.includes(label));
  return Number(line?.slice(line.lastIndexOf(' ') + 1) ?? 0);
}
