import { startGuard } from '@techno/embedded';
import { SECOND, StartupError } from '@techno/kernel';
import { SERVICES } from '@techno/contracts';
import { boot } from './boot.ts';
import type { LauncherConfig } from './config.ts';
import { type Home, homeAt, logFile, makeHome } from './home.ts';
import { takeLock } from './lock.ts';
import { lastComplaint } from './log-file.ts';
import { keepLogs } from './log-keeper.ts';
import { reservePorts } from './ports.ts';
import { endLeftovers, type ProcessRecord, recordProcesses } from './process-record.ts';
import type { Progress } from './progress.ts';
import { loadSecrets } from './secrets.ts';
import { type Stages, stopInOrder } from './shutdown.ts';
import { type StackBoard, stackBoard } from './stack-board.ts';
import type { Stack } from './stack-file.ts';
import { stopRequest } from './stop-request.ts';
import { type Observer, supervise, type Supervised, type Unit } from './supervise.ts';

/**
 * Starts everything, calls `onReady`, and keeps it running until asked to stop; then stops it in order. Whatever
 * happens in between, nothing is left running when this returns or throws.
 * @throws StartupError ALREADY_RUNNING, HOME_NOT_WRITABLE, or that of the part which could not start
 */
export async function start(config: LauncherConfig, progress: Progress, onReady: (stack: Stack) => void): Promise<void> {
  const home = homeAt(config.home);
  makeHome(home);
  const releaseLock = takeLock(home.lock);
  const request = stopRequest(config.parentPid);
  const ports = reservePorts();
  try {
    const left = await endLeftovers(home.processes, 5 * SECOND);
    if (left.length > 0) progress.note(`Ended what an earlier run left behind: ${left.join(', ')}.`);
    await runStack(home, config, progress, ports, request.signal, onReady);
  } finally {
    ports.releaseAll();
    request.dispose();
    releaseLock();
  }
}

async function runStack(
  home: Home,
  config: LauncherConfig,
  progress: Progress,
  ports: ReturnType<typeof reservePorts>,
  stop: AbortSignal,
  onReady: (stack: Stack) => void,
): Promise<void> {
  const guard = startGuard();
  const unwritten = (problem: string) => progress.note(`${problem}; everything goes on, and it is tried again.`);
  const record = recordProcesses(home.processes, unwritten);
  const board = stackBoard(home.stack, unwritten);
  const stages = { services: [] as Supervised[], nats: [] as Supervised[], postgres: [] as Supervised[] } satisfies Stages;
  const units: Unit[] = [];
  const observer = observing(home, progress, record, board, stop);
  const ended = new AbortController();
  const kept = keepLogs(
    () => units.map(({ id, output }) => ({ file: logFile(home, id), descriptor: output })),
    ended.signal,
    unwritten,
  );
  const asked = new Promise<'asked'>((resolve) => stop.addEventListener('abort', () => resolve('asked'), { once: true }));

  try {
    const ground = { home, secrets: await loadSecrets(home, SERVICES), caller: config.caller };
    const booting = boot(ground, config, {
      ports,
      progress,
      board,
      run(stage, unit) {
        // Asked to stop in the middle of starting: nothing new may begin.
        stop.throwIfAborted();
        units.push(unit);
        const supervised = supervise(unit, { guard, observer });
        stages[stage].push(supervised);
        return supervised;
      },
    });
    booting.catch(() => {});
    const stack = await Promise.race([booting, asked]);
    if (stack !== 'asked') {
      onReady(stack);
      await asked;
    }
  } catch (error) {
    throw explained(error, home, units);
  } finally {
    board.remove();
    await progress.step('Stopping', () => stopInOrder(stages));
    ended.abort();
    await kept;
    guard.close();
  }
}

function observing(home: Home, progress: Progress, record: ProcessRecord, board: StackBoard, stop: AbortSignal): Observer {
  return {
    started(unit, plan, pid) {
      record.add({ name: unit.id, pid, stopSignal: plan.stopSignal, stage: plan.stage });
      board.started(unit.id, pid);
    },
    ended(_unit, pid) {
      record.remove(pid);
    },
    failed(unit, reason, delayMs) {
      if (stop.aborted) return;
      // Killed from outside it had no say.
      const complaint = /exit code/.test(reason) ? lastComplaint(logFile(home, unit.id)) : undefined;
      progress.note(
        `${unit.id}: ${reason}${complaint === undefined ? '' : ` (${complaint.cause})`}; starting it again in ${delayMs} ms.`,
      );
    },
    replaced(unit) {
      if (!stop.aborted) progress.note(`${unit.id}: ended as it was asked to; starting its successor.`);
    },
    recovered(unit) {
      progress.note(`${unit.id}: ready again.`);
    },
  };
}

/** Adds what the process itself said last: that is the cause, "it ended" only its sign. */
function explained(error: unknown, home: Home, units: readonly Unit[]): unknown {
  if (!(error instanceof StartupError) || !error.code.startsWith('PROCESS_')) return error;
  const unit = units.find(({ id }) => error.message.startsWith(`${id} `));
  const complaint = unit === undefined ? undefined : lastComplaint(logFile(home, unit.id));
  return complaint === undefined
    ? error
    : new StartupError(error.code, `${error.message}: ${complaint.cause}`, complaint.fix ?? error.fix, { cause: error });
}
