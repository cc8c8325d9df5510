import type { ActionRequested } from '@techno/contracts';
import { MINUTE } from '@techno/kernel';
import { createDatabase } from '@techno/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database, Statement } from '../database.ts';
import { createInbox, type Inbox, type InboxEntry, type OverdueRequest } from './inbox.ts';
import { createStoreRig, scansOf, type StoreRig, traceId } from '../testing/store-rig.ts';

let rig: StoreRig;
let [one, other]: Database[] = [];
let inboxes: { a: Inbox; b: Inbox };
beforeAll(async () => {
  rig = createStoreRig(await createDatabase());
  one = await rig.open('gateway');
  other = await rig.open('gateway');
  inboxes = { a: createInbox(one), b: createInbox(other) };
});
beforeEach(async () => {
  await rig.admin('truncate inbox, inbox_overdue, actions');
  await rig.admin(`update inbox_watermark set passed_until = '-infinity'`);
});
afterAll(() => rig.close());

function entry(n: number, more: Partial<Omit<InboxEntry, 'request'>> & { payload?: unknown } = {}): InboxEntry {
  const { payload = { n }, ...rest } = more;
  const request: ActionRequested = {
    trace_id: traceId(n),
    origin: 'api',
    credential: { kind: 'api_key', hash: 'hash' },
    address: '127.0.0.1',
    request: { action: 'echo', context_id: 'default', payload },
    bytes: 10,
    received_at: '2026-01-01T00:00:00.000Z',
    replay: 0,
  };
  return { request, traceparent: '00-a-b-01', caller: 'caller', fingerprint: `print ${n}`, dueInMs: 0, ...rest };
}
const range = (count: number) => Array.from({ length: count }, (_, n) => n);
const traceIds = async () =>
  (await rig.admin<{ trace_id: string }>('select trace_id from inbox order by 1')).map((row) => row.trace_id);

describe('accept', () => {
  test('commits the request as it came', async () => {
    expect(await inboxes.a.accept(entry(1))).toEqual({ kind: 'accepted' });
    expect(await inboxes.b.find(traceId(1))).toMatchObject({ request: entry(1).request, caller: 'caller' });
    expect(await inboxes.b.find(traceId(2))).toBeUndefined();
  });

  test.each(['idempotencyKey', 'messageId'] as const)('finds the earlier entry of the same %s', async (field) => {
    await inboxes.a.accept(entry(1, { [field]: 'same' }));
    const earlier = { kind: 'duplicate', traceId: traceId(1), fingerprint: 'print 1', answer: undefined };
    expect(await inboxes.b.accept(entry(2, { [field]: 'same' }))).toEqual(earlier);
    expect(await inboxes.b.accept(entry(3, { [field]: 'same', caller: 'somebody else' }))).toEqual({ kind: 'accepted' });
    expect(await inboxes.b.accept(entry(4, { [field]: 'another' }))).toEqual({ kind: 'accepted' });
    expect(await traceIds()).toEqual([1, 3, 4].map(traceId));
  });

  test('gives the first answer again once it is known', async () => {
    await inboxes.a.accept(entry(1, { idempotencyKey: 'key' }));
    const answer = { status: 200, headers: { location: '/x' }, body: { ok: true, text: 'h\u0000' } };
    await inboxes.a.saveAnswer(traceId(1), answer);
    expect(await inboxes.b.accept(entry(2, { idempotencyKey: 'key' }))).toMatchObject({ kind: 'duplicate', answer });
  });

  test('lets one of many through in one batch', async () => {
    const results = await Promise.all(range(50).map((n) => inboxes.a.accept(entry(n, { idempotencyKey: `key ${n % 5}` }))));
    expect(results.filter(({ kind }) => kind === 'accepted')).toHaveLength(5);
    for (const [n, result] of results.entries()) {
      if (result.kind === 'duplicate') expect(result.traceId).toBe(traceId(n % 5));
    }
    expect(await traceIds()).toEqual(range(5).map(traceId));
  });

  test('lets one of many through over replicas, whatever the order they come in', async () => {
    const key = (n: number) => ({ idempotencyKey: `key ${n}` });
    const a = range(150).map((n) => inboxes.a.accept(entry(n, key(n))));
    const b = range(150)
      .toReversed()
      .map((n) => inboxes.b.accept(entry(1_000 + n, key(n))));
    const results = await Promise.all([...a, ...b]);
    expect(results.filter(({ kind }) => kind === 'accepted')).toHaveLength(150);
    const stored = new Set(await traceIds());
    expect(stored.size).toBe(150);
    for (const result of results) if (result.kind === 'duplicate') expect(stored).toContain(result.traceId);
  });

  test('of the same batch once more, whose answer was lost, says accepted', async () => {
    await inboxes.a.accept(entry(1));
    await inboxes.a.accept(entry(2, { idempotencyKey: 'key' }));
    expect(await inboxes.b.accept(entry(1))).toEqual({ kind: 'accepted' });
    expect(await inboxes.b.accept(entry(2, { idempotencyKey: 'key' }))).toEqual({ kind: 'accepted' });
    expect(await traceIds()).toHaveLength(2);
  });

  test.each(['idempotencyKey', 'messageId'] as const)('frees the %s after 24 hours', async (field) => {
    await inboxes.a.accept(entry(1, { [field]: 'same' }));
    await rig.admin(`update inbox set accepted_at = now() - interval '23 hours 59 minutes'`);
    expect(await inboxes.a.accept(entry(2, { [field]: 'same' }))).toMatchObject({ kind: 'duplicate', traceId: traceId(1) });
    await rig.admin(`update inbox set accepted_at = now() - interval '24 hours 1 minute'`);
    const both = await Promise.all([
      inboxes.a.accept(entry(3, { [field]: 'same' })),
      inboxes.b.accept(entry(4, { [field]: 'same' })),
    ]);
    expect(both.map(({ kind }) => kind).toSorted()).toEqual(['accepted', 'duplicate']);
    const winner = both[0]?.kind === 'accepted' ? 3 : 4;
    expect(both.find(({ kind }) => kind === 'duplicate')).toMatchObject({ traceId: traceId(winner) });
    expect(await inboxes.b.accept(entry(5, { [field]: 'same' }))).toMatchObject({ kind: 'duplicate', traceId: traceId(winner) });
    expect(await traceIds()).toHaveLength(2);
  });

  test('says accepted of nothing that is not stored, also when its key is freed at that very moment', async () => {
    await inboxes.a.accept(entry(1, { idempotencyKey: 'key' }));
    // Another replica frees the key between the refused insert and the look for the earlier entry.
    let freed = false;
    const database: Database = {
      ...(one as Database),
      async query(statement: Statement, values: unknown[]) {
        const rows = await (one as Database).query(statement, values);
        if (statement.name === 'inbox-accept' && !freed) {
          freed = true;
          await rig.admin('update inbox set idempotency_key = null');
        }
        return rows as never;
      },
    };
    expect(await createInbox(database).accept(entry(2, { idempotencyKey: 'key' }))).toEqual({ kind: 'accepted' });
    expect(await traceIds()).toEqual([1, 2].map(traceId));
  });

  test('takes hostile text: the payload comes back as it was, and a bad key fails alone', async () => {
    const payloads = ['\u0000', '\ud800', '"\\u0000"', '\u2028', { ['\u0000key']: '\udfff' }, '{}\\', "';--", ',{}"'];
    const results = await Promise.allSettled([
      ...payloads.map((payload, n) => inboxes.a.accept(entry(n, { payload }))),
      inboxes.a.accept(entry(100, { idempotencyKey: 'with \u0000' })),
      inboxes.a.accept(entry(101, { idempotencyKey: 'fine' })),
    ]);
    for (const result of results.slice(0, payloads.length)) expect(result).toMatchObject({ value: { kind: 'accepted' } });
    expect(results.at(-2)).toMatchObject({ status: 'rejected', reason: { code: 'STORE_REFUSED' } });
    expect(results.at(-1)).toMatchObject({ value: { kind: 'accepted' } });
    for (const [n, payload] of payloads.entries()) {
      expect((await inboxes.b.find(traceId(n)))?.request.request.payload).toEqual(payload);
    }
  });
});

test('releaseKeys frees only what is old', async () => {
  for (const n of range(4)) await inboxes.a.accept(entry(n, { idempotencyKey: `key ${n}`, messageId: `message ${n}` }));
  await rig.admin(`update inbox set accepted_at = now() - interval '25 hours' where trace_id <= $1`, [traceId(1)]);
  expect(await inboxes.a.releaseKeys()).toBe(2);
  expect(await inboxes.a.releaseKeys()).toBe(0);
  const kinds = await Promise.all(range(4).map((n) => inboxes.a.accept(entry(10 + n, { idempotencyKey: `key ${n}` }))));
  expect(kinds.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'duplicate', 'duplicate']);
});

test('releaseKeys reads what has a key and is old, and not the whole inbox', async () => {
  await rig.admin(
    `insert into inbox (trace_id, caller, idempotency_key, fingerprint, request, traceparent, due_at, accepted_at)
     select 'tr_' || lpad(to_hex(n), 32, '0'), 'caller', case when n % 100 = 0 then n::text end, '', '{}', '', now(),
       now() - interval '25 hours' from generate_series(1, 20000) n`,
  );
  const scans = await scansOf(rig, { service: 'gateway', table: 'inbox' }, async (database) => {
    expect(await createInbox(database).releaseKeys()).toBe(200);
  });
  expect(scans.whole).toBe(0);
});

describe('sweep', () => {
  const passed = (inbox: Inbox, limit = 1_000) => inbox.pass({ limit });
  const overdue = (inbox: Inbox, limit = 1_000) => inbox.takeOverdue({ limit, delayMs: 10_000, maxDelayMs: 60_000 });
  const idsOf = (taken: readonly OverdueRequest[]) => taken.map(({ request }) => request.trace_id).toSorted();
  const status = (n: number, rank: number) =>
    rig.admin(`insert into actions (trace_id, status, rank, replay) values ($1, 'X', $2, 0)`, [traceId(n), rank]);
  const noted = async () =>
    (await rig.admin<{ trace_id: string }>('select trace_id from inbox_overdue order by 1')).map((row) => row.trace_id);
  const sleepMs = (ms: number) => rig.admin('select pg_sleep($1)', [ms / 1_000]);

  test('passes by what has ended and drives the rest, but nothing before its time', async () => {
    for (const n of range(6)) await inboxes.a.accept(entry(n));
    await inboxes.a.accept(entry(6, { dueInMs: 10 * MINUTE }));
    await status(0, 2);
    await status(1, 3);
    await status(2, 1);
    await status(3, 0);
    expect(await passed(inboxes.a)).toBe(6);
    const taken = await overdue(inboxes.b);
    expect(idsOf(taken)).toEqual([2, 3, 4, 5].map(traceId));
    expect(taken.find(({ request }) => request.trace_id === traceId(2))).toEqual({
      traceparent: '00-a-b-01',
      drives: 1,
      request: entry(2).request,
    });
    expect(await passed(inboxes.b)).toBe(0);
    expect(await overdue(inboxes.b)).toEqual([]);
  });

  test('forgets what has ended since it was noted', async () => {
    for (const n of range(2)) await inboxes.a.accept(entry(n));
    expect(await passed(inboxes.a)).toBe(2);
    await status(0, 2);
    expect(idsOf(await overdue(inboxes.a))).toEqual([traceId(1)]);
    expect(await noted()).toEqual([traceId(1)]);
    await status(1, 2);
    await rig.admin('update inbox_overdue set due_at = now()');
    expect(await overdue(inboxes.a)).toEqual([]);
    expect(await noted()).toEqual([]);
  });

  test('comes back after twice as long each time, up to the limit', async () => {
    await inboxes.a.accept(entry(1));
    await passed(inboxes.a);
    const delays: number[] = [];
    for (let drives = 1; drives <= 5; drives++) {
      expect(await overdue(inboxes.a)).toMatchObject([{ drives }]);
      const [row] = await rig.admin<{ ms: number }>(
        'select extract(epoch from due_at - now())::float8 * 1000 as ms from inbox_overdue',
      );
      delays.push(Math.round((row?.ms ?? 0) / 1_000));
      await rig.admin('update inbox_overdue set due_at = now()');
    }
    expect(delays).toEqual([10, 20, 40, 60, 60]);
  });

  test('passes by each once, a limit at a time, and by what was committed together at once', async () => {
    await Promise.all(range(300).map((n) => inboxes.a.accept(entry(n))));
    const counts: number[] = [];
    do counts.push(await passed(counts.length % 2 === 0 ? inboxes.a : inboxes.b, 7));
    while (counts.at(-1) !== 0);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(300);
    // What one statement accepted is due at one moment, and goes together.
    for (const count of counts.slice(0, -2)) expect(count).toBeGreaterThanOrEqual(7);
    expect(await noted()).toEqual(range(300).map(traceId));
  });

  test('of several replicas takes no row twice', async () => {
    await Promise.all(range(300).map((n) => inboxes.a.accept(entry(n))));
    await Promise.all(range(6).map((n) => passed(n % 2 === 0 ? inboxes.a : inboxes.b)));
    await passed(inboxes.a);
    const taken = (await Promise.all(range(12).map((n) => overdue(n % 2 === 0 ? inboxes.a : inboxes.b, 40)))).flat();
    expect(new Set(idsOf(taken)).size).toBe(taken.length);
    const rest = await overdue(inboxes.a);
    expect(new Set([...idsOf(taken), ...idsOf(rest)]).size).toBe(300);
  });

  test('passes over a row that somebody holds', async () => {
    for (const n of range(3)) await inboxes.a.accept(entry(n));
    await passed(inboxes.a);
    await (other as Database).transaction(async (query) => {
      await query({ name: 'hold', text: 'select 1 from inbox_overdue where trace_id = $1 for update' }, [traceId(1)]);
      expect(idsOf(await overdue(inboxes.a))).toEqual([0, 2].map(traceId));
    });
    expect(idsOf(await overdue(inboxes.a))).toEqual([traceId(1)]);
  });

  test('does not pass by what is being committed, however long that takes', async () => {
    await (other as Database).transaction(async (query) => {
      await query(
        {
          name: 'late',
          text: `insert into inbox (trace_id, caller, fingerprint, request, traceparent, due_at) values ($1, 'c', 'f', $2, 't', now() + interval '1 millisecond')`,
        },
        [traceId(1), JSON.stringify(entry(1).request)],
      );
      await sleepMs(5);
      // Accepted after it, committed before it, due after it: what it waits for is the one that nobody sees yet.
      await inboxes.a.accept(entry(2));
      expect(await passed(inboxes.a)).toBe(0);
      expect(await passed(inboxes.b)).toBe(0);
    });
    expect(await passed(inboxes.a)).toBe(2);
    expect(idsOf(await overdue(inboxes.a))).toEqual([1, 2].map(traceId));
  });

  test('says how long the oldest waits for its pass, or to be taken', async () => {
    const past = (seconds: number) => rig.admin(`update inbox set due_at = now() - interval '1 second' * $1`, [seconds]);
    const behind = async () => Math.round((await inboxes.b.behindSeconds()) / 10) * 10;
    expect(await behind()).toBe(0);
    await inboxes.a.accept(entry(1, { dueInMs: MINUTE }));
    expect(await behind()).toBe(0);
    await past(200);
    expect(await behind()).toBe(200);
    await passed(inboxes.a);
    // Noted as overdue, and nobody has taken it.
    expect(await behind()).toBe(200);
    await overdue(inboxes.a);
    expect(await behind()).toBe(0);
  });

  test('says how long it has been held up by a transaction that somebody leaves open', async () => {
    await (other as Database).transaction(async (query) => {
      await query({ name: 'open', text: 'select txid_current()' }, []);
      await inboxes.a.accept(entry(1));
      expect(await passed(inboxes.a)).toBe(0);
      await sleepMs(1_000);
      expect(await inboxes.a.behindSeconds()).toBeGreaterThanOrEqual(1);
    });
    await passed(inboxes.a);
    await overdue(inboxes.a);
    expect(await inboxes.a.behindSeconds()).toBe(0);
  });

  test('waits for no transaction of anybody else', async () => {
    const auditor = await rig.open('auditor');
    await auditor.transaction(async (query) => {
      await query({ name: 'hold', text: 'select seq from audit_head for update' }, []);
      await inboxes.a.accept(entry(1));
      expect(await passed(inboxes.a)).toBe(1);
    });
  });

  test('after the clock was put back looks again at what was accepted since', async () => {
    await rig.admin(`update inbox_watermark set passed_until = now() + interval '1 hour'`);
    await inboxes.a.accept(entry(1));
    expect(await passed(inboxes.a)).toBe(1);
    expect(await passed(inboxes.a)).toBe(0);
    await inboxes.a.accept(entry(2));
    expect(await passed(inboxes.a)).toBe(1);
    expect(await noted()).toEqual([1, 2].map(traceId));
  });

  test('looks after what the version before accepted, and that one after what this one does', async () => {
    const accept = (n: number, column: string, value: string) =>
      rig.admin(
        `insert into inbox (trace_id, caller, fingerprint, request, traceparent, due_at, ${column}) values ($1, 'c', 'f', $2, 't', now(), ${value})`,
        [traceId(n), JSON.stringify(entry(n).request)],
      );
    await accept(1, 'drives', '3');
    await accept(2, 'settled_at', 'now()');
    await inboxes.a.accept(entry(3));
    expect(await passed(inboxes.a)).toBe(2);
    expect(idsOf(await overdue(inboxes.a))).toEqual([1, 3].map(traceId));
    const [row] = await rig.admin<{ open: boolean }>(
      'select settled_at is null and due_at <= now() as open from inbox where trace_id = $1',
      [traceId(3)],
    );
    expect(row?.open).toBe(true);
  });

  test('reads neither the inbox nor the record whole', async () => {
    await rig.admin(
      `insert into inbox (trace_id, caller, fingerprint, request, traceparent, due_at)
       select 'tr_' || lpad(to_hex(n), 32, '0'), 'caller', '', '{}', '', now() + interval '1 second' * (n - 19990) from generate_series(1, 20000) n`,
    );
    await rig.admin(
      `insert into actions (trace_id, status, rank, replay) select trace_id, 'X', case when due_at < now() - interval '5 seconds' then 2 else 0 end, 0 from inbox`,
    );
    await rig.admin(`update inbox_watermark set passed_until = now() - interval '1000 seconds'`);
    for (const table of ['inbox', 'actions']) {
      const scans = await scansOf(rig, { service: 'gateway', table }, async (database) => {
        const inbox = createInbox(database);
        expect(await passed(inbox, 100)).toBeGreaterThanOrEqual(100);
        while ((await passed(inbox, 500)) > 0);
        await inbox.behindSeconds();
        await overdue(inbox);
      });
      expect(scans.whole).toBe(0);
      await rig.admin(`update inbox_watermark set passed_until = now() - interval '1000 seconds'`);
      await rig.admin('update inbox_overdue set due_at = now()');
    }
  });
});
