import { until } from '@techno/embedded';
import { MINUTE, SECOND } from '@techno/kernel';

/** As much of the stack as matters here. */
interface Running {
  readonly processes: readonly { readonly service: string; readonly pid: number; readonly ops: string }[];
}

export interface Restarted {
  readonly service: string;
  /** Before and after. */
  readonly pids: readonly [number, number];
  /** From SIGTERM until its successor was ready. */
  readonly seconds: number;
}

/**
 * Restarts the processes of a stack one by one: SIGTERM, so that it drains; the launcher starts it again; the next one follows
 * when this one is ready. `services`: only those.
 * @throws Error where one does not come back within two minutes
 */
export async function rollingRestart(
  stack: () => Promise<Running>,
  options: { services?: readonly string[] | undefined; onRestarted?: (one: Restarted) => void },
): Promise<Restarted[]> {
  const { processes } = await stack();
  const chosen = processes.filter(({ service }) => options.services?.includes(service) ?? true);
  const restarted: Restarted[] = [];
  for (const { service, pid, ops } of chosen) {
    const began = performance.now();
    process.kill(pid, 'SIGTERM');
    const successor = await until(
      async () => {
        const now = (await stack()).processes.find((one) => one.ops === ops)?.pid;
        return now !== undefined && now !== pid && (await isReady(ops)) && now;
      },
      { timeoutMs: 2 * MINUTE, everyMs: 100, what: `the return of ${service}` },
    );
    const one: Restarted = { service, pids: [pid, successor], seconds: (performance.now() - began) / SECOND };
    restarted.push(one);
    options.onRestarted?.(one);
  }
  return restarted;
}

async function isReady(ops: string): Promise<boolean> {
  const response = await fetch(`${ops}/readyz`, { signal: AbortSignal.timeout(2 * SECOND) });
  await response.arrayBuffer();
  return response.status === 200;
}
