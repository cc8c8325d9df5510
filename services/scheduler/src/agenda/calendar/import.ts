import { AGENDA_EXCEPTIONS_MAX } from '@techno/contracts';
import { newId, SECOND, TerminalError } from '@techno/kernel';
import type { AgendaKind, AgendaState, NewAgendaItem } from '@techno/storage';
import { eventState, taskState } from '../item.ts';
import { type CalendarItem, calendarItem } from './items.ts';
import { componentsOf } from './components.ts';
import { calendarZones } from './zones.ts';

/** What an item was refused for. */
export interface Refusal {
  readonly uid: string | undefined;
  readonly line: number;
  readonly code: string;
  readonly message: string;
}

export interface ReadCalendar {
  readonly items: readonly NewAgendaItem[];
  /** Called off: to be removed where they are known. */
  readonly cancelled: readonly { readonly kind: AgendaKind; readonly uid: string }[];
  readonly refused: readonly Refusal[];
}

export interface ImportOptions {
  readonly owner: string;
  readonly contextId: string;
  /** Where times without a zone are, unless the file says (X-WR-TIMEZONE). */
  readonly zone: string;
  readonly recipients: readonly string[];
  readonly nowMs: number;
}

/** Time that the dates of one file may take to work out; what is left then is refused, so that nobody else waits for long. */
const BUDGET_MS = 3 * SECOND;
/** How long other work waits for a file at most. */
const TURN_MS = 20;

/**
 * Reads an iCalendar file. One bad item is refused by itself, with its line. Throws TerminalError CALENDAR_INVALID, CALENDAR_TOO_LARGE
 * where the whole cannot be taken.
 */
export async function readCalendar(text: string, options: ImportOptions): Promise<ReadCalendar> {
  const { items: components, zones: defined, properties } = componentsOf(text);
  const zones = calendarZones(defined);
  const named = properties.get('X-WR-TIMEZONE');
  const floating = (named === undefined ? undefined : zones.of(named)) ?? options.zone;
  const refused: Refusal[] = [];
  const turns = createTurns();

  async function eachTaken<Given extends { line: number; uid?: string }, Taken>(
    given: readonly Given[],
    take: (one: Given) => Taken,
  ): Promise<Taken[]> {
    const taken: Taken[] = [];
    for (const one of given) {
      try {
        await turns.pass();
        taken.push(take(one));
      } catch (error) {
        if (!(error instanceof TerminalError)) throw error;
        refused.push({ uid: one.uid, line: one.line, code: error.code, message: error.message });
      }
    }
    return taken;
  }

  const read = await eachTaken(components, (component) => calendarItem(component, zones, floating));
  const wholes = latestOf(read.filter((item) => item.kind !== 'occurrence'));
  const moves = Map.groupBy(
    read.filter((item) => item.kind === 'occurrence'),
    ({ uid }) => uid,
  );
  const masters = new Set(wholes.filter(({ kind }) => kind === 'event').map(({ uid }) => uid));
  // An occurrence whose series is not in the file is an event of its own.
  const orphans = [...moves].flatMap(([uid, all]) => (masters.has(uid) ? [] : all.map(orphan)));
  const kept = [...wholes, ...orphans].filter(({ cancelled }) => !cancelled);
  const items = await eachTaken(kept, (item) => newItem(item, moves.get(item.uid) ?? [], options));
  return {
    items,
    cancelled: [...wholes, ...orphans].filter(({ cancelled }) => cancelled).map(({ kind, uid }) => ({ kind, uid })),
    refused,
  };
}

type Whole = Exclude<CalendarItem, { kind: 'occurrence' }>;
type Move = Extract<CalendarItem, { kind: 'occurrence' }>;

/** Of several by one name the last version. */
function latestOf(items: readonly Whole[]): Whole[] {
  const latest = new Map<string, Whole>();
  for (const item of items) {
    const key = `${item.kind} ${item.uid}`;
    if ((latest.get(key)?.sequence ?? 0) <= item.sequence) latest.set(key, item);
  }
  return [...latest.values()];
}

function orphan({ uid, sequence, line, cancelled, moved, draft }: Move): Whole {
  return { uid: `${uid}#${moved.from}`, sequence, line, cancelled, kind: 'event', draft };
}

function newItem(item: Whole, moves: readonly Move[], { owner, contextId, recipients, nowMs }: ImportOptions): NewAgendaItem {
  const prefix = item.kind === 'event' ? 'evt' : 'tsk';
  return {
    ...stateOf(item, moves, recipients, nowMs),
    id: newId(prefix, nowMs),
    kind: item.kind,
    owner,
    contextId,
    uid: item.uid,
    createdAt: new Date(nowMs),
  };
}

function stateOf(item: Whole, moves: readonly Move[], recipients: readonly string[], nowMs: number): AgendaState {
  if (item.kind === 'task') return taskState({ ...item.draft, recipients }, nowMs);
  if (moves.length > AGENDA_EXCEPTIONS_MAX)
    throw new TerminalError('CALENDAR_ITEM_INVALID', `more than ${AGENDA_EXCEPTIONS_MAX} of its occurrences are moved`);
  const { series } = item.draft;
  // The last version of each occurrence.
  const moved = new Map(moves.toSorted((a, b) => a.sequence - b.sequence).map((move) => [move.moved.from, move.moved]));
  return eventState({ ...item.draft, series: series && { ...series, moved: [...moved.values()] }, recipients }, nowMs);
}

/** Lets others work now and then, and says when a file has taken its share. */
function createTurns() {
  let spentMs = 0;
  let beganMs = performance.now();
  return {
    /** Throws TerminalError CALENDAR_TOO_COMPLEX. */
    async pass(): Promise<void> {
      const turnMs = performance.now() - beganMs;
      if (spentMs + turnMs > BUDGET_MS)
        throw new TerminalError('CALENDAR_TOO_COMPLEX', 'the items before it took all the time that an import may take');
      if (turnMs < TURN_MS) return;
      spentMs += turnMs;
      await new Promise((resolve) => setImmediate(resolve));
      beganMs = performance.now();
    },
  };
}
