import { withConnection } from '@techno/embedded';
import { verifyAuditTrail } from '@techno/storage';
import { until } from '@techno/testkit';
import { expect } from 'vitest';
import type { Answered } from './load.ts';

const TERMINAL = ['COMPLETED', 'DENIED', 'FAILED', 'UNKNOWN', 'DEAD_LETTERED'];

export interface Kept {
  readonly accepted: number;
  /** How many of them needed more than one drive. */
  readonly driven: number;
}

/**
 * The promises, read back from the record: every id that was answered with 2xx has ended exactly once, nothing ran without
 * an earlier ALLOW, nothing ran twice, and the trail holds together.
 */
export async function expectPromisesKept(postgres: string, answers: readonly Answered[], withinMs: number): Promise<Kept> {
  const accepted = answers.filter(({ status }) => status >= 200 && status < 300).flatMap(({ traceId }) => traceId ?? []);
  expect(new Set(accepted).size).toBe(accepted.length);
  return withConnection(postgres, async (client) => {
    const open = async () => {
      const { rows } = await client.query<{ trace_id: string; status: string | null }>(
        `select asked.trace_id, a.status from unnest($1::text[]) as asked(trace_id)
          left join actions a on a.trace_id = asked.trace_id where a.status is null or a.status <> all($2::text[])`,
        [accepted, TERMINAL],
      );
      return rows;
    };
    await until(async () => (await open()).length === 0, { timeoutMs: withinMs }).catch(async () => {
      expect(await open(), 'accepted and not ended').toEqual([]);
    });

    // What the gateway took in and nobody was told of has to end as well.
    await until(
      async () =>
        (
          await client.query(
            `select 1 from inbox i left join actions a using (trace_id) where a.rank is null or a.rank < 2 limit 1`,
          )
        ).rowCount === 0,
      {
        timeoutMs: withinMs,
      },
    );

    const twice = await client.query(
      `select trace_id, count(*) from audit_trail, regexp_split_to_table(key, ' ') as happened
        where happened like 'ended:%' group by trace_id having count(*) > 1`,
    );
    expect(twice.rows, 'ended twice in the trail').toEqual([]);
    const unallowed = await client.query(
      `select e.trace_id from executions e left join decisions d on d.decision_id = e.decision_id and d.outcome = 'ALLOW'
        where d.decision_id is null or d.decided_at > e.started_at + interval '1 second'`,
    );
    expect(unallowed.rows, 'executed without a recorded ALLOW').toEqual([]);
    const unfinished = await client.query(
      `select trace_id, status from actions where trace_id = any($1::text[]) and status <> 'COMPLETED'`,
      [accepted],
    );
    expect(unfinished.rows, 'ended otherwise than completed').toEqual([]);
    expect(await verifyAuditTrail({ url: postgres })).toMatchObject({ ok: true });
    const driven = await client.query<{ count: string }>('select count(*) from inbox where drives > 0');
    return { accepted: accepted.length, driven: Number(driven.rows[0]?.count) };
  });
}
