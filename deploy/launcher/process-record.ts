import { readFileSync, rmSync } from 'node:fs';
import { identify, isAlive, type ProcessIdentity, type Stage, until } from '@techno/embedded';
import { writeAtomically } from './atomic-file.ts';
import { untilWritten } from './until-written.ts';

interface Recorded extends ProcessIdentity {
  readonly name: string;
  readonly stopSignal: NodeJS.Signals;
  readonly stage: Stage;
}

export interface ProcessRecord {
  add(entry: { name: string; pid: number; stopSignal: NodeJS.Signals; stage: Stage }): void;
  remove(pid: number): void;
}

/**
 * Keeps a file that names every running process, written before anything else happens. Throws where it cannot be written at
 * all; what cannot be written later is told to `onProblem` and written when it can be. A name too many does no harm: whoever
 * reads the file looks whether it is still the same process, and the guard knows what the file does not.
 */
export function recordProcesses(file: string, onProblem: (problem: string) => void): ProcessRecord {
  const running = new Map<number, Recorded>();
  const write = () => writeAtomically(file, [...running.values()]);
  const save = untilWritten(write, onProblem);
  write();
  return {
    add(entry) {
      const identity = identify(entry.pid);
      if (identity === undefined) return;
      running.set(entry.pid, { ...identity, ...entry });
      save();
    },
    remove(pid) {
      if (running.delete(pid)) save();
    },
  };
}

/**
 * Ends what an earlier launcher left running (its guard normally has, unless both were killed), services first.
 * @returns the names of what was found alive
 */
export async function endLeftovers(file: string, graceMs: number): Promise<string[]> {
  const left = readRecord(file).filter(isAlive);
  for (const stage of [3, 2, 1] as const) {
    const members = left.filter((entry) => entry.stage === stage);
    for (const { pid, stopSignal } of members) kill(pid, stopSignal);
    const gone = () => !members.some(isAlive);
    await until(gone, { timeoutMs: graceMs }).catch(async () => {
      for (const entry of members.filter(isAlive)) kill(entry.pid, 'SIGKILL');
      await until(gone, { timeoutMs: graceMs, what: 'the end of killed processes' });
    });
  }
  rmSync(file, { force: true });
  return left.map(({ name }) => name);
}

function readRecord(file: string): Recorded[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Recorded[];
  } catch {
    return [];
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in between, or belongs to another user, whom the next step then reports.
  }
}
