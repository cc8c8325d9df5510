import type { Database } from '../database.ts';
import {
  AGENDA_COLUMNS,
  AGENDA_RECORD,
  type AgendaItem,
  agendaItemOf,
  type AgendaKind,
  type AgendaRow,
  type AgendaState,
  type NewAgendaItem,
  recordOf,
  stateRecordOf,
} from './agenda-rows.ts';
import { type AgendaFilter, listAgenda } from './agenda-list.ts';

type Query = Parameters<Parameters<Database['transaction']>[0]>[0];

/** What came of one item of an import. */
export type Imported = 'created' | 'updated' | 'unchanged';

/** Where a walk over what is due goes on. */
export interface DueCursor {
  readonly remindAt: Date;
  readonly id: string;
}

/** Events and tasks. `owner` limits each to what that principal owns; undefined is everybody's. */
export interface Agenda {
  /** False: the owner has an item of that kind and UID. */
  add(item: NewAgendaItem): Promise<boolean>;
  /**
   * Adds or updates by (owner, kind, UID), all or none; gives what came of each, in order. A known one keeps its id, its time of
   * creation and, where `keepRecipients`, its recipients.
   */
  import(items: readonly NewAgendaItem[], keepRecipients: boolean): Promise<Imported[]>;
  find(kind: AgendaKind, id: string, owner: string | undefined): Promise<AgendaItem | undefined>;
  list(filter: AgendaFilter): Promise<AgendaItem[]>;
  /** Changes what `work` makes of it; nobody else changes it meanwhile. Undefined where there is none. */
  change(
    kind: AgendaKind,
    id: string,
    owner: string | undefined,
    work: (item: AgendaItem) => AgendaState | Promise<AgendaState>,
  ): Promise<AgendaItem | undefined>;
  remove(kind: AgendaKind, id: string, owner: string | undefined): Promise<boolean>;
  /** Removes by UID; gives how many there were. */
  removeNamed(owner: string, kind: AgendaKind, uids: readonly string[]): Promise<number>;
  /** What is to be announced by `now`, in order, from the one after `after`. */
  due(kind: AgendaKind, now: Date, after: DueCursor | undefined, limit: number): Promise<AgendaItem[]>;
  /** Moves on to the next announcement of each; one that was changed since it was read stays as it is. */
  advance(items: readonly { id: string; revision: number; remindAt: Date | undefined }[]): Promise<void>;
}

export function createAgenda(database: Database): Agenda {
  return {
    add: (item) =>
      database.transaction(async (query) => {
        const added = await query(
          {
            name: 'agenda-add',
            text: `insert into agenda_items (${INSERTED}) select ${INSERTED} from json_to_recordset($1::json) as n${AGENDA_RECORD}
              on conflict do nothing returning id`,
          },
          [JSON.stringify([recordOf(item)])],
        );
        if (added.length === 0) return false;
        await setRecipients(query, [item]);
        return true;
      }),

    import: (items, keepRecipients) =>
      database.transaction(async (query) => {
        if (items.length === 0) return [];
        const rows = await query<{ id: string; kind: AgendaKind; uid: string; created: boolean }>(
          {
            name: 'agenda-import',
            // In one order everywhere, so that two imports do not wait for each other in a circle.
            text: `insert into agenda_items as i (${INSERTED}) select ${INSERTED} from json_to_recordset($1::json) as n${AGENDA_RECORD}
              order by owner, kind, uid
              on conflict (owner, kind, uid) do update set ${UPDATED.map((name) => `${name} = excluded.${name}`).join(', ')},
                revision = i.revision + 1 where excluded.sequence >= i.sequence
              returning i.id, i.kind, i.uid, i.xmax = 0 as created`,
          },
          [JSON.stringify(items.map(recordOf))],
        );
        const known = new Map(rows.map((row) => [`${row.kind} ${row.uid}`, row]));
        const rowOf = ({ kind, uid }: NewAgendaItem) => known.get(`${kind} ${uid}`);
        const renewed = items.flatMap((item) => {
          const row = rowOf(item);
          return row === undefined || (keepRecipients && !row.created) ? [] : [{ id: row.id, recipients: item.recipients }];
        });
        await setRecipients(query, renewed);
        await alignRecipients(
          query,
          rows.map(({ id }) => id),
        );
        return items.map((item) => {
          const row = rowOf(item);
          return row === undefined ? 'unchanged' : row.created ? 'created' : 'updated';
        });
      }),

    async find(kind, id, owner) {
      const [row] = await database.query<AgendaRow>(
        {
          name: 'agenda-find',
          text: `select ${AGENDA_COLUMNS} from agenda_items i where i.id = $1 and i.kind = $2 and ($3::text is null or i.owner = $3)`,
        },
        [id, kind, owner ?? null],
      );
      return row && agendaItemOf(row);
    },

    list: (filter) => listAgenda(database, filter),

    change: (kind, id, owner, work) =>
      database.transaction(async (query) => {
        const select = `select ${AGENDA_COLUMNS} from agenda_items i where i.id = $1`;
        const [row] = await query<AgendaRow>(
          { name: 'agenda-hold', text: `${select} and i.kind = $2 and ($3::text is null or i.owner = $3) for update` },
          [id, kind, owner ?? null],
        );
        if (row === undefined) return undefined;
        const state = await work(agendaItemOf(row));
        await query(
          {
            name: 'agenda-change',
            text: `update agenda_items i set ${UPDATED.map((name) => `${name} = n.${name}`).join(', ')}, revision = i.revision + 1
              from json_to_recordset($2::json) as n${AGENDA_RECORD} where i.id = $1`,
          },
          [id, JSON.stringify([stateRecordOf(state)])],
        );
        await setRecipients(query, [{ id, recipients: state.recipients }]);
        const [changed] = await query<AgendaRow>({ name: 'agenda-changed', text: select }, [id]);
        return changed && agendaItemOf(changed);
      }),

    async remove(kind, id, owner) {
      const rows = await database.query(
        {
          name: 'agenda-remove',
          text: 'delete from agenda_items where id = $1 and kind = $2 and ($3::text is null or owner = $3) returning id',
        },
        [id, kind, owner ?? null],
      );
      return rows.length > 0;
    },

    async removeNamed(owner, kind, uids) {
      if (uids.length === 0) return 0;
      const rows = await database.query(
        {
          name: 'agenda-remove-named',
          text: 'delete from agenda_items where owner = $1 and kind = $2 and uid = any($3::text[]) returning id',
        },
        [owner, kind, uids],
      );
      return rows.length;
    },

    async due(kind, now, after, limit) {
      const rows = await database.query<AgendaRow>(
        {
          name: 'agenda-due',
          text: `select ${AGENDA_COLUMNS} from agenda_items i
            where i.kind = $1 and i.remind_at <= $2 and (i.remind_at, i.id) > ($3::timestamptz, $4) order by i.remind_at, i.id limit $5`,
        },
        [kind, now, after?.remindAt ?? '-infinity', after?.id ?? '', limit],
      );
      return rows.map(agendaItemOf);
    },

    async advance(items) {
      if (items.length === 0) return;
      await database.query(
        {
          name: 'agenda-advance',
          text: `update agenda_items i set remind_at = n.remind_at
            from unnest($1::text[], $2::int[], $3::timestamptz[]) as n(id, revision, remind_at)
            where i.id = n.id and i.revision = n.revision`,
        },
        [items.map(({ id }) => id), items.map(({ revision }) => revision), items.map(({ remindAt }) => remindAt ?? null)],
      );
    },
  };
}

const UPDATED = [
  'title',
  'description',
  'location',
  'starts_at',
  'ends_at',
  'all_day',
  'time_zone',
  'recurrence',
  'until_at',
  'completed_at',
  'remind_at',
  'sequence',
  'updated_at',
] as const;
const INSERTED = ['id', 'kind', 'owner', 'context_id', 'uid', 'created_at', ...UPDATED].join(', ');

/** Replaces who is told of each. The items are there, and nobody else changes them. */
async function setRecipients(query: Query, items: readonly Pick<NewAgendaItem, 'id' | 'recipients'>[]): Promise<void> {
  if (items.length === 0) return;
  const pairs = items.flatMap(({ id, recipients }) => [...new Set(recipients)].map((contact) => ({ id, contact })));
  await query(
    {
      name: 'agenda-recipients-drop',
      text: `delete from agenda_recipients r where r.item_id = any($1::text[])
        and not exists (select 1 from unnest($2::text[], $3::text[]) as n(item_id, contact_id)
          where n.item_id = r.item_id and n.contact_id = r.contact_id)`,
    },
    [items.map(({ id }) => id), pairs.map(({ id }) => id), pairs.map(({ contact }) => contact)],
  );
  await query(
    {
      name: 'agenda-recipients-add',
      text: `insert into agenda_recipients (item_id, contact_id, from_at, until_at)
        select n.item_id, n.contact_id, i.starts_at, i.until_at from unnest($1::text[], $2::text[]) as n(item_id, contact_id)
        join agenda_items i on i.id = n.item_id
        on conflict (item_id, contact_id) do update set from_at = excluded.from_at, until_at = excluded.until_at`,
    },
    [pairs.map(({ id }) => id), pairs.map(({ contact }) => contact)],
  );
}

/** Brings the times kept with recipients along with their items'. */
async function alignRecipients(query: Query, ids: readonly string[]): Promise<void> {
  await query(
    {
      name: 'agenda-recipients-align',
      text: `update agenda_recipients r set from_at = i.starts_at, until_at = i.until_at from agenda_items i
        where i.id = any($1::text[]) and r.item_id = i.id and (r.from_at, r.until_at) is distinct from (i.starts_at, i.until_at)`,
    },
    [ids],
  );
}
