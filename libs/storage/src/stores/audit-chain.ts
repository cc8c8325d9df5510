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

type Broken = Extract<AuditVerdict, { ok: false }>;

export interface AuditHead {
  readonly seq: number;
  readonly hash: Buffer;
}

/** Walks the chain row by row, wherever the rows come from. */
export interface ChainWalk {
  /** The next row in the order of `seq`. Answers what is wrong with it; then the walk is over. */
  follow(row: StoredAuditRow): Broken | undefined;
  /** After the last row: whether it is the one that the head was moved to. */
  end(head: AuditHead): AuditVerdict;
  readonly rows: number;
}

/** `headSeq`: rows beyond it were inserted. Left out where the head is not known yet. */
export function walkChain(headSeq = Number.POSITIVE_INFINITY): ChainWalk {
  let last: AuditHead = { seq: 0, hash: GENESIS };
  const broken = (seq: number, problem: Broken['problem'], detail: string): Broken => ({
    ok: false,
    rows: last.seq,
    seq,
    problem,
    detail,
  });
  return {
    follow(row) {
      const seq = Number(row.seq);
      if (seq > headSeq) return broken(seq, 'inserted', `row ${seq} lies beyond the head (${headSeq})`);
      if (seq !== last.seq + 1) return broken(last.seq + 1, 'removed', `after row ${last.seq} comes row ${seq}`);
      if (!expectedHash(row).equals(row.hash))
        return broken(seq, 'altered', `row ${seq} (${row.trace_id}, ${row.key}) does not have the hash of its contents`);
      if (!row.prev_hash.equals(last.hash))
        return broken(seq, 'altered', `row ${seq} (${row.trace_id}, ${row.key}) is not linked to the row before it`);
      last = { seq, hash: row.hash };
      return undefined;
    },
    end(head) {
      if (last.seq > head.seq) return broken(head.seq + 1, 'inserted', `row ${head.seq + 1} lies beyond the head (${head.seq})`);
      if (last.seq < head.seq)
        return broken(last.seq + 1, 'removed', `the trail ends at row ${last.seq}, its head says ${head.seq}`);
      if (!last.hash.equals(head.hash))
        return broken(last.seq, 'altered', 'the last row is not the one that the head was moved to');
      return { ok: true, rows: last.seq, head: last.hash.toString('hex') };
    },
    get rows() {
      return last.seq;
    },
  };
}
