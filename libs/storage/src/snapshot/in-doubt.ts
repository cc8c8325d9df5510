import type pg from 'pg';

const UNDER_WAY = `
  select i.trace_id, i.request->'request'->>'action' as action
  from inbox i left join actions a using (trace_id) where coalesce(a.rank, 0) < 2`;

/** A step is fenced under its own id, the action itself under ''. */
const HOLD = `
  with policy as (select document->'actions' as actions from policies order by revision desc limit 1),
    unkeyed as (select key as action from policy, json_each(actions) where value->'http'->>'effect' = 'unkeyed'),
    under_way as (${UNDER_WAY}),
    effects as (
      select trace_id, '' as step from under_way join unkeyed using (action)
      union
      select u.trace_id, s->>'id' from under_way u cross join policy p
        cross join lateral json_array_elements(coalesce(p.actions->u.action->'composite'->'steps', '[]')) as s
        join unkeyed on unkeyed.action = s->>'action'
    )
  insert into executions (trace_id, step, decision_id, effect, state, attempt, started_at, leased_until)
  select e.trace_id, e.step,
    coalesce((select d.decision_id from decisions d where d.trace_id = e.trace_id order by d.replay desc, d.round desc limit 1), 'restored'),
    'unkeyed', 'started', 1, $1::timestamptz, $1::timestamptz
  from effects e on conflict do nothing`;

/**
 * What was under way at the time of the backup went on after it, and nobody here knows how far. Work without effects, or with
 * an upstream that honours idempotency keys, can be done again. Where the upstream honours none, the effect is put on record as
 * started and never heard of again: the fence then ends the action as UNKNOWN instead of doing it a second time.
 */
export async function holdInDoubt(client: pg.Client, takenAt: Date): Promise<{ underWay: number; held: number }> {
  const underWay = await client.query<{ count: string }>(`select count(*) from (${UNDER_WAY}) as u`);
  const held = await client.query(HOLD, [takenAt]);
  return { underWay: Number(underWay.rows[0]?.count ?? 0), held: held.rowCount ?? 0 };
}
