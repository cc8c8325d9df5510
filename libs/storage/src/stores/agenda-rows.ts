/** What an item is: both have a title, recipients and a time that is announced. */
export type AgendaKind = 'event' | 'task';

/** A series. Times are RFC 3339; `last` is the start of the last one by the rule, absent where it never ends. */
export interface StoredRecurrence {
  /** RRULE without its name; absent where a file gave dates only. */
  readonly rule?: string | undefined;
  readonly last?: string | undefined;
  readonly except: readonly string[];
  readonly extra: readonly string[];
  readonly moved: readonly MovedOccurrence[];
}

/** One occurrence that differs. */
export interface MovedOccurrence {
  /** When the rule has it. */
  readonly from: string;
  /** Absent where it is cancelled. */
  readonly to?: string | undefined;
  readonly ends_at?: string | undefined;
  readonly title?: string | undefined;
  readonly location?: string | undefined;
}

export interface AgendaItem {
  readonly id: string;
  readonly kind: AgendaKind;
  readonly owner: string;
  readonly contextId: string;
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly location: string;
  /** Of an event its first start, of a task when it is due; undefined: no time. */
  readonly startsAt: Date | undefined;
  readonly endsAt: Date | undefined;
  readonly allDay: boolean;
  readonly timeZone: string;
  readonly recurrence: StoredRecurrence | undefined;
  /** The last start; of a task, when it was done. Undefined: no end. */
  readonly untilAt: Date | undefined;
  readonly completedAt: Date | undefined;
  /** When the next occurrence is to be announced. */
  readonly remindAt: Date | undefined;
  /** As in iCalendar: which of two versions from elsewhere is the later one. */
  readonly sequence: number;
  /** Counts the changes. */
  readonly revision: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Contacts, in order of their ids. */
  readonly recipients: readonly string[];
}

/** Everything of an item that its owner may change. */
export type AgendaState = Omit<AgendaItem, 'id' | 'kind' | 'owner' | 'contextId' | 'uid' | 'revision' | 'createdAt'>;

/** A new one. */
export type NewAgendaItem = Omit<AgendaItem, 'revision'>;

export type AgendaRow = {
  id: string;
  kind: AgendaKind;
  owner: string;
  context_id: string;
  uid: string;
  title: string;
  description: string;
  location: string;
  // The driver gives infinity as a number.
  starts_at: Date | number;
  ends_at: Date | null;
  all_day: boolean;
  time_zone: string;
  recurrence: StoredRecurrence | null;
  until_at: Date | number;
  completed_at: Date | null;
  remind_at: Date | null;
  sequence: number;
  revision: number;
  created_at: Date;
  updated_at: Date;
  recipients: string[];
};

/** Of `agenda_items i`. */
export const AGENDA_COLUMNS = `i.id, i.kind, i.owner, i.context_id, i.uid, i.title, i.description, i.location, i.starts_at, i.ends_at,
  i.all_day, i.time_zone, i.recurrence, i.until_at, i.completed_at, i.remind_at, i.sequence, i.revision, i.created_at, i.updated_at,
  array(select r.contact_id from agenda_recipients r where r.item_id = i.id order by 1) as recipients`;

/** Shape of `json_to_recordset` for what `recordOf` gives. */
export const AGENDA_RECORD = `(id text, kind text, owner text, context_id text, uid text, title text, description text, location text,
  starts_at timestamptz, ends_at timestamptz, all_day boolean, time_zone text, recurrence json, until_at timestamptz,
  completed_at timestamptz, remind_at timestamptz, sequence int, created_at timestamptz, updated_at timestamptz)`;

const finite = (at: Date | number) => (at instanceof Date ? at : undefined);

export function agendaItemOf(row: AgendaRow): AgendaItem {
  return {
    id: row.id,
    kind: row.kind,
    owner: row.owner,
    contextId: row.context_id,
    uid: row.uid,
    title: row.title,
    description: row.description,
    location: row.location,
    startsAt: finite(row.starts_at),
    endsAt: row.ends_at ?? undefined,
    allDay: row.all_day,
    timeZone: row.time_zone,
    recurrence: row.recurrence ?? undefined,
    untilAt: finite(row.until_at),
    completedAt: row.completed_at ?? undefined,
    remindAt: row.remind_at ?? undefined,
    sequence: row.sequence,
    revision: row.revision,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    recipients: row.recipients,
  };
}

/** The columns of a state as JSON. */
export function stateRecordOf(state: AgendaState) {
  return {
    title: state.title,
    description: state.description,
    location: state.location,
    starts_at: state.startsAt ?? 'infinity',
    ends_at: state.endsAt ?? null,
    all_day: state.allDay,
    time_zone: state.timeZone,
    recurrence: state.recurrence ?? null,
    until_at: state.untilAt ?? 'infinity',
    completed_at: state.completedAt ?? null,
    remind_at: state.remindAt ?? null,
    sequence: state.sequence,
    updated_at: state.updatedAt,
  };
}

export function recordOf(item: NewAgendaItem) {
  return {
    id: item.id,
    kind: item.kind,
    owner: item.owner,
    context_id: item.contextId,
    uid: item.uid,
    created_at: item.createdAt,
    ...stateRecordOf(item),
  };
}
