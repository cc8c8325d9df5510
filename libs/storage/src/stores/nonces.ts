import { createBatcher } from '../batcher.ts';
import type { Database } from '../database.ts';

/** Which trace a signed message or nonce was first seen in, per caller, for at least 24 hours. */
export interface Nonces {
  /** The trace id that holds the nonce: the given one if it is new. */
  claim(nonce: { caller: string; nonce: string; traceId: string }): Promise<string>;
  purge(): Promise<number>;
}

const CLAIM = {
  name: 'nonces-claim',
  text: `with given as (select * from unnest($1::text[], $2::text[], $3::text[]) as g(caller, nonce, trace_id)),
    claimed as (insert into nonces (caller, nonce, trace_id) select caller, nonce, trace_id from given order by caller, nonce on conflict do nothing returning caller, nonce, trace_id)
    select caller, nonce, trace_id from claimed
    union all select n.caller, n.nonce, n.trace_id from nonces n join given using (caller, nonce)`,
};

export function createNonces(database: Database): Nonces {
  const id = (row: { caller: string; nonce: string }) => `${row.caller}/${row.nonce}`;
  const claiming = createBatcher<{ caller: string; nonce: string; traceId: string }, string>({
    maxRows: 200,
    maxWaitMs: 0,
    maxInFlight: 2,
    keyOf: id,
    async flush(rows) {
      const values = [rows.map((row) => row.caller), rows.map((row) => row.nonce), rows.map((row) => row.traceId)];
      const holders = new Map<string, string>();
      // Asked twice where another transaction claimed a nonce between the two halves of the first statement.
      for (let asked = 0; asked < 2 && holders.size < rows.length; asked++) {
        const found = await database.query<{ caller: string; nonce: string; trace_id: string }>(CLAIM, values);
        for (const row of found) holders.set(id(row), row.trace_id);
      }
      return rows.map((row) => {
        const holder = holders.get(id(row));
        if (holder === undefined) throw new Error(`nonce of ${row.traceId} could be neither claimed nor found`);
        return holder;
      });
    },
  });
  return {
    claim: (nonce) => claiming.add(nonce),
    async purge() {
      return (
        await database.query(
          { name: 'nonces-purge', text: `delete from nonces where seen_at < now() - interval '25 hours' returning nonce` },
          [],
        )
      ).length;
    },
  };
}
