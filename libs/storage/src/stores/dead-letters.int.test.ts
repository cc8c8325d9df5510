import type { AutoReplayRule, DeadLetterFilter } from '@techno/contracts';
import { createDatabase, type TestDatabase } from '@techno/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../database.ts';
import { createAutoReplays } from './auto-replays.ts';
import { createDeadLetterEvents } from './dead-letter-events.ts';
import { createDeadLetters, type DeadLetters, type NewDeadLetter } from './dead-letters.ts';
import { createReplayJobs, type NewReplayJob } from './replay-jobs.ts';
import { createReplays, type Replays } from './replays.ts';

let test: TestDatabase;
let database: Database;
let deadLetters: DeadLetters;
let replays: Replays;

beforeAll(async () => {
  test = await createDatabase();
  database = await openDatabase({ url: test.url('dlq-replayer'), applicationName: 'dead-letters-test' });
  deadLetters = createDeadLetters(database);
  replays = createReplays(database);
});
afterAll(async () => {
  await database.close();
  await test.drop();
});
beforeEach(async () => {
  await database.query({ name: 'clear', text: 'delete from worker_dlq' }, []);
  await database.query({ name: 'clear-jobs', text: `update replay_jobs set status = 'cancelled'` }, []);
});

let count = 0;

function failure(more: Partial<NewDeadLetter> = {}): NewDeadLetter {
  return {
    key: `key-${++count}`,
    jobName: 'order',
    payload: '{"name":"100%"}',
    encoding: 'json',
    errorMessage: 'shop_1 answered 503',
    errorCode: 'UPSTREAM_STATUS_503',
    errorKind: 'temporary',
    errorSignature: 's1',
    errorStack: undefined,
    actor: 'a',
    stream: 'ACTIONS',
    seq: 1,
    subject: 'action.allowed.x',
    headers: {},
    traceId: `tr_${'a'.repeat(32)}`,
    traceparent: '',
    attempts: 2,
    firstFailureAt: '2026-11-21T00:00:00Z',
    lastFailureAt: '2026-11-21T00:00:10Z',
    quarantined: false,
    replay: 0,
    replayOf: undefined,
    ...more,
  };
}

function job(more: Partial<NewReplayJob> = {}): NewReplayJob {
  return {
    id: `rj_${++count}`,
    actor: 'a',
    filter: { status: 'pending', quarantined: false },
    ratePerSecond: 10,
    total: 1,
    traceId: `tr_${'c'.repeat(32)}`,
    createdBy: 'test',
    ...more,
  };
}

const store = (...failures: NewDeadLetter[]) => deadLetters.store(failures, () => 'new');
const all = (filter: DeadLetterFilter = {}) => deadLetters.list(filter, { limit: 100 });
const CLAIM = { by: 'test', prefix: 'p', from: ['pending'] } as const;

describe('storing', () => {
  it('keeps each failure once, told in one batch or in two', async () => {
    const one = failure();
    expect(await store(one, one)).toMatchObject({ stored: 1 });
    expect(await store(one, failure())).toMatchObject({ stored: 1 });
    expect(await all()).toHaveLength(2);
  });

  it('is not undone by a purge: what was deleted does not come back', async () => {
    const one = failure();
    await store(one);
    await replays.discard({}, { from: ['pending'], by: 'test', reason: 'why', limit: 10 });
    const events = createDeadLetterEvents(database);
    expect(await deadLetters.purge('discarded', new Date(), { dryRun: false, limit: 10 })).toBe(0);
    await events.tell(100, async () => {});
    expect(await deadLetters.purge('discarded', new Date(), { dryRun: false, limit: 10 })).toBe(1);
    expect(await store(one)).toMatchObject({ stored: 0 });
    expect(await all()).toEqual([]);
  });
});

describe('finding', () => {
  it.each<[DeadLetterFilter, number]>([
    [{}, 2],
    [{ status: 'pending' }, 2],
    [{ status: 'replayed' }, 0],
    [{ actor: 'b' }, 1],
    [{ code: 'OTHER' }, 1],
    [{ signature: 's2' }, 1],
    [{ job_name: 'letter', subject: 'x.y' }, 1],
    [{ trace_id: `tr_${'b'.repeat(32)}` }, 1],
    [{ from: '2026-11-21T01:00:00Z' }, 1],
    [{ to: '2026-11-21T01:00:00Z' }, 1],
    [{ quarantined: true }, 1],
    [{ text: 'SHOP_1' }, 1],
    [{ text: '100%' }, 1],
    [{ text: 'shopx1' }, 0],
  ])('%j finds %i', async (filter, expected) => {
    await store(
      failure(),
      failure({
        actor: 'b',
        errorCode: 'OTHER',
        errorSignature: 's2',
        errorMessage: 'no',
        payload: '{}',
        jobName: 'letter',
        subject: 'x.y',
        traceId: `tr_${'b'.repeat(32)}`,
        lastFailureAt: '2026-11-21T02:00:00Z',
        quarantined: true,
      }),
    );
    expect(await all(filter)).toHaveLength(expected);
  });

  it('pages from either end', async () => {
    await store(failure(), failure(), failure());
    const ids = (await all()).map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted((a, b) => b - a));
    expect((await deadLetters.list({}, { before: ids[1]!, limit: 9 })).map(({ id }) => id)).toEqual([ids[2]]);
    expect((await deadLetters.list({}, { after: ids[1]!, limit: 9 })).map(({ id }) => id)).toEqual([ids[0]]);
  });

  it('groups by signature, the largest first', async () => {
    await store(failure({ errorSignature: 's2' }), failure(), failure({ lastFailureAt: '2026-11-22T00:00:00Z' }));
    expect(await deadLetters.groups({}, 10)).toMatchObject([
      { signature: 's1', count: 2, lastSeen: new Date('2026-11-22T00:00:00Z') },
      { signature: 's2', count: 1 },
    ]);
  });
});

describe('replaying', () => {
  it('is claimed once, whoever asks', async () => {
    await store(failure());
    const [{ id } = { id: 0 }] = await all();
    const claims = await Promise.all(Array.from({ length: 8 }, () => replays.claimOne(id, CLAIM)));
    const [claimed, ...others] = claims.filter((claim) => claim !== undefined);
    expect(others).toEqual([]);
    expect(claimed).toMatchObject({ status: 'replaying', replay: 1, replayId: `p.${id}.1` });
    await replays.published([{ id, replayId: 'another', done: true }]);
    expect((await deadLetters.find(id))?.status).toBe('replaying');
    await replays.published([{ id, replayId: `p.${id}.1`, done: true }]);
    expect(await deadLetters.find(id)).toMatchObject({ status: 'replayed', publishedAt: expect.any(Date) });
  });

  it('that stands elsewhere is not settled', async () => {
    await store(failure());
    const [{ id } = { id: 0 }] = await all();
    const row = { id, replay: 0, to: 'discarded', retryCount: 0, action: 'discarded', by: 'test' } as const;
    expect(await replays.settle([{ ...row, from: 'replaying' }])).toEqual(new Set());
    expect(await replays.settle([{ ...row, replay: 1, from: 'pending' }])).toEqual(new Set());
    expect(await replays.settle([{ ...row, from: 'pending' }])).toEqual(new Set([id]));
  });
});

it('the trail is told by one process at a time, in order, and again where the telling failed', async () => {
  await store(failure(), failure(), failure());
  await replays.discard({}, { from: ['pending'], by: 'test', reason: 'why', limit: 10 });
  const events = createDeadLetterEvents(database);
  const failing = events.tell(100, () => Promise.reject(new Error('the bus is away')));
  await expect(failing).rejects.toThrow();
  const told: number[] = [];
  const counts = await Promise.all(
    [1, 2, 3].map(() => events.tell(100, async (list) => void told.push(...list.map(({ id }) => id)))),
  );
  expect(counts.reduce((sum, count) => sum + count)).toBe(3);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
});

it('no line is told twice by tellers that follow closely on each other', async () => {
  const events = createDeadLetterEvents(database);
  const told: number[] = [];
  const teller = async () => {
    for (let turn = 0; turn < 150; turn += 1) await events.tell(2, async (list) => void told.push(...list.map(({ id }) => id)));
  };
  for (let line = 0; line < 300; line += 1) {
    await events.note({ action: 'noted', by: 'test', traceId: `tr_${'d'.repeat(32)}`, data: { line } });
  }
  await Promise.all([teller(), teller(), teller(), teller()]);
  await teller();
  expect(told).toHaveLength(300);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
});

describe('a replay job', () => {
  it('is one at a time for each actor, all or none', async () => {
    const jobs = createReplayJobs(database);
    expect(await jobs.create([job()])).toBe(true);
    expect(await jobs.create([job({ actor: 'b' }), job()])).toBe(false);
    expect(await jobs.create([job({ actor: 'b' })])).toBe(true);
  });

  it('is driven by who holds its lease, covers what was there, oldest first, and nothing twice', async () => {
    const jobs = createReplayJobs(database);
    await store(failure(), failure(), failure({ quarantined: true }), failure({ actor: 'b' }));
    await jobs.create([job()]);
    await store(failure());
    const taken = await jobs.take('me', 60_000);
    expect(taken).toBeDefined();
    expect(await jobs.take('you', 60_000)).toBeUndefined();
    expect(await jobs.claim(taken!, { driver: 'you', limit: 9, leaseMs: 1_000 })).toBeUndefined();
    const claimed = await jobs.claim(taken!, { driver: 'me', limit: 1, leaseMs: 1_000 });
    const rest = await jobs.claim(taken!, { driver: 'me', limit: 9, leaseMs: 1_000 });
    expect([claimed?.length, rest?.length]).toEqual([1, 1]);
    expect(claimed![0]!.id).toBeLessThan(rest![0]!.id);
    expect(await jobs.complete(taken!, 'me')).toBe(true);
    expect(await jobs.find(taken!.id)).toMatchObject({ status: 'completed', sent: 2, counts: { replaying: 2 } });
  });

  it('gives nothing more once it is cancelled', async () => {
    const jobs = createReplayJobs(database);
    await store(failure());
    await jobs.create([job()]);
    const taken = await jobs.take('me', 60_000);
    expect(await jobs.steer(taken!.id, ['running'], 'cancelled', 'test')).toMatchObject({ status: 'cancelled' });
    expect(await jobs.claim(taken!, { driver: 'me', limit: 1, leaseMs: 1_000 })).toBeUndefined();
    expect(await jobs.steer(taken!.id, ['paused'], 'running', 'test')).toBeUndefined();
  });
});

describe('a limit is kept whatever the plan', () => {
  /** A semi join asks its inner side again for each outer row, unless it is hashed, sorted, or kept. */
  const NESTED = ['hashjoin', 'mergejoin', 'material', 'hashagg', 'sort'].map((method) => `-c enable_${method}=off`).join(' ');
  let nested: Database;
  beforeAll(async () => {
    const url = new URL(test.url('dlq-replayer'));
    url.searchParams.set('options', NESTED);
    nested = await openDatabase({ url: url.href, applicationName: 'dead-letters-nested' });
  });
  afterAll(() => nested.close());

  const RULE: AutoReplayRule = { codes: ['*'], actors: ['*'], delayMs: 0, maxAttempts: 3 };
  const CASES: Record<string, (limit: number) => Promise<number | undefined>> = {
    'claims of a job': async (limit) => {
      const jobs = createReplayJobs(nested);
      await jobs.create([job()]);
      const taken = await jobs.take('me', 60_000);
      return (await jobs.claim(taken!, { driver: 'me', limit, leaseMs: 1_000 }))?.length;
    },
    discarded: (limit) => createReplays(nested).discard({}, { from: ['pending'], by: 'test', reason: 'why', limit }),
    'given a due time': (limit) => createAutoReplays(nested).schedule(RULE, limit),
    'driven again': async (limit) => {
      const ids = (await all()).map(({ id }) => id);
      await replays.claimAll(ids, CLAIM);
      await database.query({ name: 'due', text: `update worker_dlq set scheduled_for = now() - interval '1 minute'` }, []);
      return (await createReplays(nested).overdue(limit)).length;
    },
  };

  it.each(Object.keys(CASES))('%s', async (name) => {
    await store(...Array.from({ length: 9 }, () => failure()));
    expect(await CASES[name]!(4)).toBe(4);
  });
});
