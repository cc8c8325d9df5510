import pg from 'pg';
import { type AuditVerdict, walkChain } from './audit-chain.ts';
import { GENESIS, type StoredAuditRow } from './audit-trail.ts';

const PAGE = 5_000;

/**
 * Walks the whole chain in one snapshot and names the first row that was altered, removed or inserted. Needs only `select`.
 * `onProgress` is told the rows walked so far, after each page.
 */
export async function verifyAuditTrail(options: { url: string; onProgress?: (rows: number) => void }): Promise<AuditVerdict> {
  const client = new pg.Client({ connectionString: options.url, application_name: 'techno-audit-verify' });
  await client.connect();
  try {
    await client.query('begin transaction isolation level repeatable read read only');
    const { rows: heads } = await client.query<{ seq: string; hash: Buffer }>('select seq, hash from audit_head');
    const head = { seq: Number(heads[0]?.seq ?? 0), hash: heads[0]?.hash ?? GENESIS };
    const walk = walkChain(head.seq);
    for (;;) {
      const { rows } = await client.query<StoredAuditRow>(
        'select seq, trace_id, key, recorded_at, events::text as events, prev_hash, hash from audit_trail where seq > $1 order by seq limit $2',
        [walk.rows, PAGE],
      );
      for (const row of rows) {
        const broken = walk.follow(row);
        if (broken !== undefined) return broken;
      }
      options.onProgress?.(walk.rows);
      if (rows.length < PAGE) return walk.end(head);
    }
  } finally {
    await client.end();
  }
}
