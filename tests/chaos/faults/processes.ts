import { until } from '@techno/embedded';
import { MINUTE } from '@techno/kernel';
import type { FaultContext } from '../fault.ts';

type Seen = Pick<FaultContext, 'stack'>;

/** Being asked whether it is ready costs a service a look at everything it needs. */
const LOOK_MS = 250;

/** Signals every replica of a service at once. @throws Error where it does not run */
export async function signalAll(context: FaultContext, service: string, signal: NodeJS.Signals): Promise<number[]> {
  const pids = await context.pidsOf(service);
  if (pids.length === 0) throw new Error(`${service} does not run`);
  for (const pid of pids) process.kill(pid, signal);
  return pids;
}

/** Waits until none of these processes is the service's any more, and all of those that came instead are ready. */
export async function untilReplaced(context: Seen, service: string, pids: readonly number[]): Promise<void> {
  await until(
    async () => {
      const { processes } = await context.stack();
      const now = processes.filter((one) => one.service === service);
      return now.every(({ pid }) => !pids.includes(pid)) && (await allReady(now));
    },
    { timeoutMs: 2 * MINUTE, everyMs: LOOK_MS, what: `the return of ${service}` },
  );
}

/** Waits until every process says that it is ready. */
export async function untilAllReady(context: Seen): Promise<void> {
  await until(async () => allReady((await context.stack()).processes), {
    timeoutMs: 2 * MINUTE,
    everyMs: LOOK_MS,
    what: 'every service to be ready',
  });
}

export async function infrastructure(context: Seen, name: 'nats' | 'postgres') {
  const found = (await context.stack()).infrastructure.find((part) => part.name === name);
  if (found === undefined) throw new Error(`stack.json names no ${name}`);
  return found;
}

/** Waits until another process runs in its place. */
export async function untilRestarted(context: Seen, name: 'nats' | 'postgres', pid: number): Promise<void> {
  await until(async () => (await infrastructure(context, name)).pid !== pid, {
    timeoutMs: 2 * MINUTE,
    everyMs: LOOK_MS,
    what: `the return of ${name}`,
  });
}

async function allReady(processes: readonly { ops: string }[]): Promise<boolean> {
  const answers = await Promise.all(
    processes.map(({ ops }) =>
      fetch(`${ops}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
        async (response) => (await response.arrayBuffer(), response.status === 200),
        () => false,
      ),
    ),
  );
  return answers.every(Boolean);
}
