import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

/** Higher stages are stopped first: services before what they stand on. */
export type Stage = 1 | 2 | 3;

export interface Guard {
  watch(pid: number, stopSignal: NodeJS.Signals, stage: Stage): void;
  release(pid: number): void;
  /** Ends the guard. Whatever it still watches is stopped. */
  close(): void;
}

const SCRIPT = path.join(import.meta.dirname, 'guard.sh');

/**
 * A tiny process beside this one that outlives it and then stops everything still watched: what `kill -9` of this
 * process would otherwise leave behind. It is started again should it die itself.
 */
export function startGuard(): Guard {
  const watched = new Map<number, string>();
  let closed = false;
  let child: ChildProcess;

  const tell = (line: string) => child.stdin?.write(`${line}\n`);
  const begin = () => {
    child = spawn('/bin/sh', [SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/' });
    // Its end shows as 'exit'; the broken pipe says nothing more.
    child.stdin?.on('error', () => {});
    child.on('error', () => {});
    child.on('exit', () => {
      if (!closed) begin();
    });
    child.unref();
    if (child.stdin !== null && 'unref' in child.stdin) (child.stdin as unknown as { unref(): void }).unref();
    for (const line of watched.values()) tell(line);
  };
  begin();

  return {
    watch(pid, stopSignal, stage) {
      const line = `+ ${pid} ${stopSignal.replace(/^SIG/, '')} ${stage}`;
      watched.set(pid, line);
      tell(line);
    },
    release(pid) {
      if (watched.delete(pid)) tell(`- ${pid}`);
    },
    close() {
      closed = true;
      child.stdin?.end();
    },
  };
}
