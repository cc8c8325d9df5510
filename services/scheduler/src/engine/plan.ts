import { createHash } from 'node:crypto';
import { MAX_CATCH_UP_OCCURRENCES, type Overlap } from '@techno/contracts';
import { assertNever } from '@techno/kernel';
import { nextAfter, type Timing } from '../timing/timing.ts';

/** What of a schedule decides about its occurrences. Jitter is no longer than the time between two of them. */
export interface Rules {
  readonly id: string;
  readonly timing: Timing;
  readonly overlap: Overlap;
  readonly catchUpMs: number;
  readonly jitterMs: number;
}

/** Runs of a schedule that have not ended. */
export interface Busy {
  readonly running: number;
  readonly waiting: number;
}

export type Verdict =
  | { readonly status: 'running' | 'waiting' }
  | { readonly status: 'skipped'; readonly reason: 'OVERLAP' | 'QUEUE_FULL' }
  | { readonly status: 'missed'; readonly reason: 'CATCH_UP_WINDOW' };

/** One occurrence and what becomes of it. */
export type Planned = Verdict & {
  readonly nominalMs: number;
  /** Stands for so many missed ones, up to and with `untilMs`; where there were too many to count, at least so many. */
  readonly many?: { readonly count: number; readonly untilMs: number; readonly counted: boolean };
};

export interface Plan {
  readonly occurrences: readonly Planned[];
  /** The first occurrence that is not dealt with, and when it is to start; undefined where there is none any more. */
  readonly next: { readonly nominalMs: number; readonly fireMs: number } | undefined;
}

/** Missed ones that are recorded one by one; what is beyond is one row, as nobody reads a thousand. */
export const MISSED_ONE_BY_ONE = 100;
/** Past this many, missed ones are no longer counted. */
const COUNTED = 10_000;
/** Waiting runs of one schedule. Past it, new ones are skipped. */
export const MAX_WAITING = 1_000;

/** When an occurrence is to start: its jitter is made from its name, so that every replica says the same. */
export function fireAt({ id, jitterMs }: Pick<Rules, 'id' | 'jitterMs'>, nominalMs: number): number {
  if (jitterMs === 0) return nominalMs;
  const hash = createHash('sha256').update(`${id}@${nominalMs}`).digest().readUInt32BE(0);
  return nominalMs + Math.floor((hash / 2 ** 32) * jitterMs);
}

/**
 * What becomes of every occurrence from `nextMs` on that is due now. Those that are late by more than the catch-up window
 * are missed. The rest run: where there are several (the system was away), one after another unless overlap is allowed, and
 * none of them because of each other is skipped. At most MAX_CATCH_UP_OCCURRENCES at a time: `next` may be due already.
 */
export function planDue(rules: Rules, nextMs: number, busy: Busy, nowMs: number): Plan {
  const missed = missedFrom(rules, nextMs, nowMs);
  const due: number[] = [];
  let at = missed.next;
  while (at !== undefined && fireAt(rules, at) <= nowMs && due.length < MAX_CATCH_UP_OCCURRENCES) {
    due.push(at);
    at = nextAfter(rules.timing, at);
  }
  const verdicts = admit(rules.overlap, busy, due.length);
  return {
    occurrences: [...missed.rows, ...due.map((nominalMs, index) => ({ nominalMs, ...(verdicts[index] as Verdict) }))],
    next: at === undefined ? undefined : { nominalMs: at, fireMs: fireAt(rules, at) },
  };
}

/** What the overlap rule says about `count` occurrences that want to start now, in their order. */
export function admit(overlap: Overlap, { running, waiting }: Busy, count: number): Verdict[] {
  const busy = running + waiting > 0;
  return Array.from({ length: count }, (_, index): Verdict => {
    switch (overlap) {
      case 'allow':
        return { status: 'running' };
      case 'skip':
        if (busy) return { status: 'skipped', reason: 'OVERLAP' };
        break;
      case 'queue':
        break;
      default:
        return assertNever(overlap);
    }
    if (!busy && index === 0) return { status: 'running' };
    const ahead = waiting + index - (busy ? 0 : 1);
    return ahead < MAX_WAITING ? { status: 'waiting' } : { status: 'skipped', reason: 'QUEUE_FULL' };
  });
}

function missedFrom(rules: Rules, nextMs: number, nowMs: number): { rows: Planned[]; next: number | undefined } {
  const { timing, catchUpMs, jitterMs } = rules;
  const isMissed = (nominalMs: number) => nowMs - fireAt(rules, nominalMs) > catchUpMs;
  const rows: Planned[] = [];
  let at: number | undefined = nextMs;
  while (at !== undefined && isMissed(at) && rows.length < MISSED_ONE_BY_ONE) {
    rows.push({ nominalMs: at, status: 'missed', reason: 'CATCH_UP_WINDOW' });
    at = nextAfter(timing, at);
  }
  if (at === undefined || !isMissed(at)) return { rows, next: at };
  const first = at;
  let untilMs = at;
  let count = 0;
  while (at !== undefined && isMissed(at) && count < COUNTED) {
    count++;
    untilMs = at;
    at = nextAfter(timing, at);
  }
  const counted = at === undefined || !isMissed(at);
  if (!counted) {
    // Nothing before this can be within the window, whatever its jitter.
    const skipTo = nowMs - catchUpMs - jitterMs - 1;
    if (skipTo > untilMs) {
      untilMs = skipTo;
      at = nextAfter(timing, skipTo);
    }
  }
  rows.push({ nominalMs: first, status: 'missed', reason: 'CATCH_UP_WINDOW', many: { count, untilMs, counted } });
  return { rows, next: at };
}
