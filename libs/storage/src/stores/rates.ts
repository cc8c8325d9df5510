import { createBatcher } from '../batcher.ts';
import type { Database } from '../database.ts';

export interface Lease {
  readonly key: string;
  readonly limit: number;
  readonly windowMs: number;
  /** Tokens wanted, at most `limit`; fewer may be given. */
  readonly want: number;
}

export interface LeaseResult {
  readonly granted: number;
  /** Left in the window for everybody, after this. */
  readonly remaining: number;
  /** Milliseconds until the window ends. */
  readonly resetMs: number;
}

/** Shared counting of windows over all replicas. A window starts with the first request after the last one ended. */
export interface Rates {
  lease(lease: Lease): Promise<LeaseResult>;
  purge(): Promise<number>;
}

const LEASE = {
  name: 'rates-lease',
  text: `with wanted as (
      select * from unnest($1::text[], $2::bigint[], $3::float8[], $4::bigint[]) as w(key, lim, window_ms, want)
    ), upserted as (
      insert into rate_windows as r (key, started_at, used)
      select key, now(), want from wanted order by key
      on conflict (key) do update set
        started_at = case when r.started_at + (select window_ms from wanted w where w.key = r.key) * interval '1 millisecond' <= now() then now() else r.started_at end,
        used = case when r.started_at + (select window_ms from wanted w where w.key = r.key) * interval '1 millisecond' <= now() then excluded.used
          else r.used + (select w.want from wanted w where w.key = r.key) end
      returning key, started_at, used
    )
    select u.key, u.used, w.lim, w.want,
      extract(epoch from u.started_at + w.window_ms * interval '1 millisecond' - now()) * 1000 as reset_ms
    from upserted u join wanted w using (key)`,
};

export function createRates(database: Database): Rates {
  const leasing = createBatcher<Lease, LeaseResult>({
    maxRows: 200,
    maxWaitMs: 0,
    maxInFlight: 2,
    keyOf: (lease) => lease.key,
    async flush(leases) {
      const rows = await database.query<{ key: string; used: string; lim: string; want: string; reset_ms: string }>(LEASE, [
        leases.map((lease) => lease.key),
        leases.map((lease) => lease.limit),
        leases.map((lease) => lease.windowMs),
        leases.map((lease) => lease.want),
      ]);
      const byKey = new Map(rows.map((row) => [row.key, row]));
      return leases.map((lease) => {
        const row = byKey.get(lease.key);
        if (row === undefined) throw new Error(`no rate window came back for ${lease.key}`);
        // `used` counts on past the limit: what lies beyond it was not granted.
        const used = Number(row.used);
        const before = used - lease.want;
        const granted = Math.max(0, Math.min(lease.want, lease.limit - before));
        return { granted, remaining: Math.max(0, lease.limit - used), resetMs: Math.max(0, Number(row.reset_ms)) };
      });
    },
  });
  return {
    lease: (lease) => leasing.add(lease),
    async purge() {
      const rows = await database.query(
        { name: 'rates-purge', text: `delete from rate_windows where started_at < now() - interval '2 days' returning key` },
        [],
      );
      return rows.length;
    },
  };
}
