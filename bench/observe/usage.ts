import { readdirSync, readFileSync } from 'node:fs';
import type { MeasuredProcess } from '../subject.ts';

export interface Usage {
  readonly name: string;
  readonly pid: number;
  /** Processor time since the process began, of it and its children. */
  readonly cpuMicros: number;
  /** Resident memory. Pages shared by a process and its children (PostgreSQL's buffers) count once. */
  readonly memoryBytes: number;
  /** The part of it that is shared memory: PostgreSQL's buffers, which fill up to their fixed size and stay. */
  readonly sharedBytes: number;
}

// USER_HZ of Linux on every architecture Node runs on.
const MICROS_PER_TICK = 10_000;
const PAGE_BYTES = 4_096;

/** What each process and its children have used so far. A process that is gone has used nothing. */
export function usageOf(processes: readonly MeasuredProcess[]): Usage[] {
  const children = childrenByParent();
  return processes.map(({ name, pid }) => {
    const own = children.get(pid) ?? [];
    const cpuMicros = [pid, ...own].reduce((sum, id) => sum + cpuMicrosOf(id), 0);
    if (own.length === 0) return { name, pid, cpuMicros, memoryBytes: residentBytes(pid), sharedBytes: 0 };
    const parts = [pid, ...own].map(proportional);
    return {
      name,
      pid,
      cpuMicros,
      memoryBytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
      sharedBytes: parts.reduce((sum, { shared }) => sum + shared, 0),
    };
  });
}

/**
 * Processor time between two readings, by name. PostgreSQL's backends come and go: those that went are counted in the
 * postmaster, so nothing is lost.
 */
export function cpuBetween(before: readonly Usage[], after: readonly Usage[]): Map<string, number> {
  const start = new Map(before.map(({ pid, cpuMicros }) => [pid, cpuMicros]));
  return new Map(after.map(({ name, pid, cpuMicros }) => [name, cpuMicros - (start.get(pid) ?? 0)]));
}

interface Stat {
  readonly parent: number;
  readonly cpuMicros: number;
}

function stat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program may hold spaces and parentheses; the fields begin behind the last one (proc(5), from field 3).
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const field = (number: number): number => Number(fields[number - 3] ?? 0);
    // utime, stime, and cutime, cstime of children that were waited for.
    return { parent: field(4), cpuMicros: (field(14) + field(15) + field(16) + field(17)) * MICROS_PER_TICK };
  } catch {
    return undefined;
  }
}

function cpuMicrosOf(pid: number): number {
  return stat(pid)?.cpuMicros ?? 0;
}

function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const parent = stat(pid)?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  return children;
}

function residentBytes(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return 0;
  }
}

/** A page that n processes share counts as 1 / n for each. */
function proportional(pid: number): { bytes: number; shared: number } {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    const field = (name: string): number => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1_024;
    return { bytes: field('Pss'), shared: field('Pss_Shmem') };
  } catch {
    // Another user's process, and we are not root.
    return { bytes: residentBytes(pid), shared: 0 };
  }
}
