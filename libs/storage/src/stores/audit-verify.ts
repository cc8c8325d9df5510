import pg from 'pg';
import { expectedHash, GENESIS, type StoredAuditRow } from './audit-trail.ts';

export type AuditVerdict =
  | { readonly ok: true; readonly rows: number; readonly head: string }
  /** `seq` is the first row at which the chain breaks. */
  | {
      readonly ok: false;
      readonly rows: number;
      readonly seq: number;
      readonly problem: 'altered' | 'removed' | 'inserted';
      readonly detail: string;
    };

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
    let last = { seq: 0, hash: GENESIS as Buffer };
    for (;;) {
      const { rows } = await client.query<StoredAuditRow>(
        'select seq, trace_id, key, recorded_at, events::text as events, prev_hash, hash from audit_trail where seq > $1 order by seq limit $2',
        [last.seq, PAGE],
      );
      for (const row of rows) {
        const broken = check(row, last, head.seq);
        if (broken !== undefined) return { ok: false, rows: last.seq, ...broken };
        last = { seq: Number(row.seq), hash: row.hash };
      }
      options.onProgress?.(last.seq);
      if (rows.length < PAGE) break;
    }
    if (last.seq < head.seq)
      return {
        ok: false,
        rows: last.seq,
        seq: last.seq + 1,
        problem: 'removed',
        detail: `the trail ends at row ${last.seq}, its head says ${head.seq}`,
      };
    if (!last.hash.equals(head.hash))
      return {
        ok: false,
        rows: last.seq,
        seq: last.seq,
        problem: 'altered',
        detail: 'the last row is not the one that the head was moved to',
      };
    return { ok: true, rows: last.seq, head: last.hash.toString('hex') };
  } finally {
    await client.end();
  }
}

function check(
  row: StoredAuditRow,
  before: { seq: number; hash: Buffer },
  headSeq: number,
): { seq: number; problem: 'altered' | 'removed' | 'inserted'; detail: string } | undefined {
  const seq = Number(row.seq);
  if (seq > headSeq) return { seq, problem: 'inserted', detail: `row ${seq} lies beyond the head (${headSeq})` };
  if (seq !== before.seq + 1)
    return { seq: before.seq + 1, problem: 'removed', detail: `after row ${before.seq} comes row ${seq}` };
  if (!expectedHash(row).equals(row.hash))
    return { seq, problem: 'altered', detail: `row ${seq} (${row.trace_id}, ${row.key}) does not have the hash of its contents` };
  if (!row.prev_hash.equals(before.hash))
    return { seq, problem: 'altered', detail: `row ${seq} (${row.trace_id}, ${row.key}) is not linked to the row before it` };
  return undefined;
}
