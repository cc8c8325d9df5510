import type { Database } from '../database.ts';
import { AGENDA_COLUMNS, type AgendaItem, agendaItemOf, type AgendaKind, type AgendaRow } from './agenda-rows.ts';

export interface AgendaFilter {
  readonly kind: AgendaKind;
  readonly owner?: string | undefined;
  readonly recipient?: string | undefined;
  /** Starting at or after; a series that has not ended by then is among them. */
  readonly from?: Date | undefined;
  /** Starting before. */
  readonly to?: Date | undefined;
  readonly done?: boolean | undefined;
  /** The one to go on after; `startsAt` undefined: it has no time. */
  readonly after?: { readonly startsAt: Date | undefined; readonly id: string } | undefined;
  readonly limit: number;
}

/**
 * By first start. Series and single items are looked for apart, because only the former may have begun long ago: each walks an index
 * of its own and ends with the page.
 */
export async function listAgenda(database: Database, filter: AgendaFilter): Promise<AgendaItem[]> {
  const values: unknown[] = [filter.kind, filter.limit];
  const shape: string[] = [];
  const shared: string[] = ['i.kind = $1'];
  const parameter = (name: string, value: unknown, use: (placeholder: string) => void) => {
    if (value === undefined) return;
    values.push(value);
    shape.push(name);
    use(`$${values.length}`);
  };
  const single: string[] = [];
  const series: string[] = [];
  parameter('ow', filter.owner, (p) => shared.push(`i.owner = ${p}`));
  parameter('re', filter.recipient, (p) =>
    shared.push(`exists (select 1 from agenda_recipients r where r.item_id = i.id and r.contact_id = ${p})`),
  );
  parameter('to', filter.to, (p) => shared.push(`i.starts_at < ${p}`));
  parameter('fr', filter.from, (p) => {
    single.push(`i.starts_at >= ${p}`);
    series.push(`i.until_at >= ${p}`);
  });
  parameter('af', filter.after && (filter.after.startsAt ?? 'infinity'), (at) =>
    parameter('id', filter.after?.id, (id) => shared.push(`(i.starts_at, i.id) > (${at}::timestamptz, ${id})`)),
  );
  if (filter.done !== undefined) {
    shape.push(filter.done ? 'done' : 'open');
    shared.push(`i.completed_at is ${filter.done ? 'not null' : 'null'}`);
  }
  const part = (which: string, conditions: readonly string[]) =>
    `(select i.* from agenda_items i where i.recurrence is ${which} and ${[...shared, ...conditions].join(' and ')}
      order by i.starts_at, i.id limit $2)`;
  const rows = await database.query<AgendaRow>(
    {
      name: `agenda-list-${shape.join('')}`,
      text: `select ${AGENDA_COLUMNS} from (${part('null', single)} union all ${part('not null', series)}) i
        order by i.starts_at, i.id limit $2`,
    },
    values,
  );
  return rows.map(agendaItemOf);
}
