import type { CanonicalEvent } from '@techno/contracts';
import { createDatabase } from '@techno/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createActions } from './actions.ts';
import { type AuditEntry, type AuditTrail, createAuditTrail, expectedHash, rowHash, type StoredAuditRow } from './audit-trail.ts';
import type { AuditVerdict } from './audit-chain.ts';
import { verifyAuditTrail } from './audit-verify.ts';
import { createStoreRig, scansOf, type StoreRig, traceId } from '../testing/store-rig.ts';

let rig: StoreRig;
let trail: AuditTrail;
beforeEach(async () => {
  rig = createStoreRig(await createDatabase());
  trail = createAuditTrail(await rig.open('auditor'), () => Date.parse('2026-01-01T00:00:00.123Z'));
});
afterEach(() => rig.close());

const event = (id: string, data: Record<string, unknown> = {}): CanonicalEvent => ({
  event: 'REQUEST_START',
  trace_id: id,
  at: '2026-01-01T00:00:00.000Z',
  data,
});
const entry = (n: number, key = 'requested'): AuditEntry => ({ traceId: traceId(n), key, events: [event(traceId(n), { n })] });
const range = (count: number) => Array.from({ length: count }, (_, n) => n);
const verify = (): Promise<AuditVerdict> => verifyAuditTrail({ url: rig.test.url('auditor') });
const seqs = async () =>
  (await rig.admin<{ seq: string }>('select seq from audit_trail order by seq')).map(({ seq }) => Number(seq));

describe('append', () => {
  test('writes each entry once, in order, however often it comes', async () => {
    expect(await trail.append([entry(1), entry(2), entry(1, 'completed')], [])).toEqual({ written: 2 });
    expect(await trail.append([entry(2), entry(3), entry(3), entry(1)], [])).toEqual({ written: 1 });
    expect(await trail.append([entry(3)], [])).toEqual({ written: 0 });
    expect(await trail.append([], [])).toEqual({ written: 0 });
    expect(await seqs()).toEqual([1, 2, 3]);
    expect((await trail.ofTrace(traceId(1))).map(({ key, seq, intact }) => [key, seq, intact])).toEqual([
      ['requested completed', 1, true],
    ]);
    const { seq, hash } = await trail.head();
    expect(await verify()).toEqual({ ok: true, rows: seq, head: hash });
  });

  test('brings the read model along, in the same transaction', async () => {
    const actions = createActions(await rig.open('auditor'));
    await trail.append([entry(1)], [{ traceId: traceId(1), status: 'ACCEPTED', replay: 0, action: 'echo' }]);
    expect(await actions.find(traceId(1))).toMatchObject({ status: 'ACCEPTED' });
    await expect(
      trail.append([entry(2)], [{ traceId: traceId(2), status: 'ACCEPTED', replay: 0, receivedAt: 'no time' }]),
    ).rejects.toMatchObject({ code: 'STORE_REFUSED' });
    expect(await seqs()).toEqual([1]);
    expect(await verify()).toMatchObject({ ok: true, rows: 1 });
  });

  test('looks up what is there by its traces, also while Postgres knows nothing of the table', async () => {
    await rig.admin('alter table audit_trail set (autovacuum_enabled = off)');
    await rig.admin(
      `insert into audit_trail (seq, trace_id, key, recorded_at, events, prev_hash, hash)
       select n, 'tr_' || lpad(to_hex(n), 32, '0'), 'requested', now(), '[]', '', '' from generate_series(1, 20000) n`,
    );
    await rig.admin(`update audit_head set seq = 20000, hash = ''`);
    const scans = await scansOf(rig, { service: 'auditor', table: 'audit_trail' }, async (database) => {
      const entries = range(201).map((n) => entry(20_000 - 100 + n));
      expect(await createAuditTrail(database, Date.now).append(entries, [])).toEqual({ written: 100 });
    });
    expect(scans).toEqual({ whole: 0, byIndex: 201 });
  });

  test('keeps the exact text, whatever is in it', async () => {
    const hostile = { a: '\u0000', b: '\ud800', c: '\u2028"\\', d: [1e300, -0, 0.1], e: {} };
    await trail.append([{ ...entry(1), events: [event(traceId(1), hostile)] }], []);
    expect((await trail.ofTrace(traceId(1)))[0]).toMatchObject({ intact: true, recordedAt: '2026-01-01T00:00:00.123Z' });
    expect((await trail.ofTrace(traceId(1)))[0]?.events[0]?.data).toEqual(JSON.parse(JSON.stringify(hostile)));
    expect(await verify()).toMatchObject({ ok: true, rows: 1 });
  });

  test('by four at once is one chain without a gap, each entry in it once', async () => {
    const writers = await Promise.all(range(4).map(async () => createAuditTrail(await rig.open('auditor'), Date.now)));
    await Promise.all(
      writers.map(async (writer, which) => {
        // All write the odd ones, each its own even ones.
        for (const round of range(10)) {
          await writer.append(
            range(10).map((n) => entry(round * 10 + n, n % 2 === 0 ? `by ${which}` : 'shared')),
            [],
          );
        }
      }),
    );
    expect(await seqs()).toEqual(range(50 + 4 * 50).map((n) => n + 1));
    expect(await verify()).toMatchObject({ ok: true, rows: 250 });
  });
});

describe('verify', () => {
  beforeEach(async () => {
    await trail.append(
      range(20).map((n) => entry(n)),
      [],
    );
  });

  test('of an empty or a whole trail is content, and tells how far it is', async () => {
    const walked: number[] = [];
    await verifyAuditTrail({ url: rig.test.url('auditor'), onProgress: (rows) => void walked.push(rows) });
    expect(walked).toEqual([20]);
    expect(await verify()).toMatchObject({ ok: true, rows: 20 });
    await rig.admin(`truncate audit_trail; update audit_head set seq = 0, hash = decode(repeat('00', 32), 'hex')` as string);
    expect(await verify()).toMatchObject({ ok: true, rows: 0 });
  });

  /** Gives the row the hash of what it now says, as a careful forger would. */
  async function rehash(seq: number): Promise<void> {
    const [row] = await rig.admin<StoredAuditRow>('select *, events::text as events from audit_trail where seq = $1', [seq]);
    if (row === undefined) throw new Error(`no row ${seq}`);
    await rig.admin('update audit_trail set hash = $2 where seq = $1', [seq, expectedHash(row)]);
  }

  test.each<[string, () => Promise<unknown>, object]>([
    ['events', () => rig.admin(`update audit_trail set events = '[]' where seq = 7`), { seq: 7, problem: 'altered' }],
    [
      'events in their spelling only',
      () => rig.admin(`update audit_trail set events = (events::text || ' ')::json where seq = 7`),
      { seq: 7, problem: 'altered' },
    ],
    ['trace', () => rig.admin(`update audit_trail set trace_id = 'tr_x' where seq = 7`), { seq: 7, problem: 'altered' }],
    ['key', () => rig.admin(`update audit_trail set key = 'x' where seq = 7`), { seq: 7, problem: 'altered' }],
    [
      'time',
      () => rig.admin(`update audit_trail set recorded_at = recorded_at + interval '1 millisecond' where seq = 7`),
      { seq: 7, problem: 'altered' },
    ],
    [
      'hash',
      () => rig.admin(`update audit_trail set hash = decode(repeat('11', 32), 'hex') where seq = 7`),
      { seq: 7, problem: 'altered' },
    ],
    [
      'link',
      () => rig.admin(`update audit_trail set prev_hash = decode(repeat('11', 32), 'hex') where seq = 7`),
      { seq: 7, problem: 'altered' },
    ],
    [
      'events, its hash made to fit',
      () => rig.admin(`update audit_trail set events = '[]' where seq = 7`).then(() => rehash(7)),
      { seq: 8, problem: 'altered' },
    ],
    [
      'last row, its hash made to fit',
      () => rig.admin(`update audit_trail set events = '[]' where seq = 20`).then(() => rehash(20)),
      { seq: 20, problem: 'altered' },
    ],
    ['first row', () => rig.admin('delete from audit_trail where seq = 1'), { seq: 1, problem: 'removed' }],
    ['middle row', () => rig.admin('delete from audit_trail where seq = 7'), { seq: 7, problem: 'removed' }],
    ['last row', () => rig.admin('delete from audit_trail where seq = 20'), { seq: 20, problem: 'removed' }],
    ['last rows', () => rig.admin('delete from audit_trail where seq > 15'), { seq: 16, problem: 'removed' }],
    [
      'row at the end',
      () => rig.admin(`insert into audit_trail select 21, 'tr_x', 'x', now(), '[]', hash, hash from audit_trail where seq = 20`),
      { seq: 21, problem: 'inserted' },
    ],
    [
      'row in the middle',
      () =>
        rig
          .admin('update audit_trail set seq = seq + 1000 where seq > 7')
          .then(() => rig.admin('update audit_trail set seq = seq - 999 where seq > 1000'))
          .then(() =>
            rig.admin(`insert into audit_trail select 8, 'tr_x', 'x', now(), '[]', hash, hash from audit_trail where seq = 7`),
          ),
      { seq: 8 },
    ],
  ])('names the first row that does not hold: %s', async (_name, forge, expected) => {
    await forge();
    const verdict = await verify();
    expect(verdict).toMatchObject({ ok: false, ...expected });
    expect((verdict as { detail: string }).detail).toBeTruthy();
  });

  test('shows in the trail of a trace which row does not hold', async () => {
    await rig.admin(`update audit_trail set events = '[]' where seq = 7`);
    expect((await trail.ofTrace(traceId(6)))[0]).toMatchObject({ seq: 7, intact: false });
    expect((await trail.ofTrace(traceId(5)))[0]).toMatchObject({ seq: 6, intact: true });
  });
});

test('the hash of a row depends on every part of it, and on where each ends', () => {
  const row = { seq: 1, traceId: 'ab', key: 'c', recordedAt: 't', events: '[]' };
  const zero = Buffer.alloc(32);
  const hashes = [
    rowHash(row, zero),
    rowHash({ ...row, seq: 2 }, zero),
    rowHash({ ...row, traceId: 'a', key: 'bc' }, zero),
    rowHash({ ...row, key: 'd' }, zero),
    rowHash({ ...row, recordedAt: 'u' }, zero),
    rowHash({ ...row, events: '[ ]' }, zero),
    rowHash(row, Buffer.alloc(32, 1)),
  ];
  expect(new Set(hashes.map((hash) => hash.toString('hex'))).size).toBe(hashes.length);
});
