import { type AuditHead, type AuditVerdict, walkChain } from '../stores/audit-chain.ts';
import { GENESIS, type StoredAuditRow } from '../stores/audit-trail.ts';
import { copyRecords } from './copy-text.ts';

/** The audit trail as it stands in a snapshot, without any database. */
export interface AuditCopy {
  /** Pieces of a table as they pass by. Those of other tables are left alone. */
  add(table: string, chunk: Buffer): void;
  /** Once everything has passed. */
  verdict(): AuditVerdict;
}

export function verifyAuditCopy(): AuditCopy {
  const walk = walkChain();
  let head: AuditHead = { seq: 0, hash: GENESIS };
  let broken: AuditVerdict | undefined;
  const readers: Readonly<Record<string, (chunk: Buffer) => void>> = {
    audit_trail: copyRecords((value) => (broken ??= walk.follow(rowOf(value)))),
    audit_head: copyRecords((value) => (head = { seq: Number(value('seq')), hash: bytes(value('hash')) })),
  };
  return {
    add: (table, chunk) => readers[table]?.(chunk),
    verdict: () => broken ?? walk.end(head),
  };
}

function rowOf(value: (column: string) => string): StoredAuditRow {
  return {
    seq: value('seq'),
    trace_id: value('trace_id'),
    key: value('key'),
    // `2026-11-21 13:01:39.644+00`, always in UTC here.
    recorded_at: new Date(value('recorded_at').replace(' ', 'T').replace(/\+00$/, 'Z')),
    events: value('events'),
    prev_hash: bytes(value('prev_hash')),
    hash: bytes(value('hash')),
  };
}

/** `\x…` */
function bytes(text: string): Buffer {
  return Buffer.from(text.slice(2), 'hex');
}
