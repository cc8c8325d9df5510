import { until } from '@techno/embedded';
import { errorCode, MINUTE, SECOND, StartupError } from '@techno/kernel';
import type { Stack, StackProcess } from './stack-file.ts';

export interface Restarted {
  readonly id: string;
  readonly service: string;
  readonly pids: { readonly before: number; readonly after: number };
  /** From SIGTERM until its successor was ready: the drain of the one and the start of the other. */
  readonly seconds: number;
}

interface RollingOptions {
  /** Only these; without it all of them. */
  readonly services?: readonly string[] | undefined;
  readonly onBegin?: (one: StackProcess) => void;
  readonly onRestarted?: (one: Restarted) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Restarts the processes of a stack one by one: SIGTERM, so that it drains; the launcher starts its successor; the next one
 * follows when this one is ready. `stack`: as it is now, asked again and again.
 * @throws StartupError SERVICE_NOT_RUNNING before anything is done, SERVICE_NOT_BACK where one is not ready within two minutes
 */
export async function rollingRestart(
  stack: () => Promise<Pick<Stack, 'processes'>>,
  { services, onBegin, onRestarted, signal }: RollingOptions,
): Promise<Restarted[]> {
  const { processes } = await stack();
  const restarted: Restarted[] = [];
  for (const one of chosen(processes, services)) {
    signal?.throwIfAborted();
    onBegin?.(one);
    const began = performance.now();
    const before = await askToEnd(stack, one.id);
    const after = await successor(stack, one, before, signal);
    const done = {
      id: one.id,
      service: one.service,
      pids: { before, after },
      seconds: Math.round(performance.now() - began) / SECOND,
    };
    restarted.push(done);
    onRestarted?.(done);
  }
  return restarted;
}

function chosen(processes: readonly StackProcess[], services: readonly string[] | undefined): readonly StackProcess[] {
  if (services === undefined) return processes;
  const known = [...new Set(processes.map(({ service }) => service))];
  const stranger = services.find((name) => !known.includes(name));
  if (stranger === undefined) return processes.filter(({ service }) => services.includes(service));
  throw new StartupError('SERVICE_NOT_RUNNING', `no '${stranger}' runs in this stack`, `Name some of ${known.join(', ')}.`);
}

/** Its pid is read again right before: it may have been started anew meanwhile. One that is gone already is being replaced. */
async function askToEnd(stack: () => Promise<Pick<Stack, 'processes'>>, id: string): Promise<number> {
  const pid = (await stack()).processes.find((one) => one.id === id)?.pid;
  if (pid === undefined)
    throw new StartupError('SERVICE_NOT_BACK', `${id} is no longer part of the stack`, 'See npx techno status.');
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
  return pid;
}

async function successor(
  stack: () => Promise<Pick<Stack, 'processes'>>,
  { id, ops }: StackProcess,
  before: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  try {
    return await until(
      async () => {
        const now = (await stack()).processes.find((one) => one.id === id)?.pid;
        return now !== undefined && now !== before && (await isReady(ops)) && now;
      },
      { timeoutMs: 2 * MINUTE, everyMs: 100, ...(signal === undefined ? {} : { signal }) },
    );
  } catch (cause) {
    signal?.throwIfAborted();
    const fix = `Read its log ('npx techno logs ${id}'); those after it were left as they are.`;
    throw new StartupError('SERVICE_NOT_BACK', `${id} was not ready again within 2 minutes`, fix, { cause });
  }
}

async function isReady(ops: string): Promise<boolean> {
  const response = await fetch(`${ops}/readyz`, { signal: AbortSignal.timeout(2 * SECOND) });
  await response.arrayBuffer();
  return response.status === 200;
}
