import { TemporaryError, TerminalError } from '@techno/kernel';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createBatcher, storeError } from './batcher.ts';

/** A store whose commits the test lets through one by one. */
function gatedStore() {
  const commits: { rows: number[]; commit: () => void; refuse: (error: Error) => void }[] = [];
  return {
    commits,
    flush: (rows: number[]) =>
      new Promise<number[]>((resolve, reject) =>
        commits.push({ rows, commit: () => resolve(rows.map((row) => row * 2)), refuse: reject }),
      ),
  };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));
const refused = (state: string) => Object.assign(new Error(`refused with ${state}`), { code: state });

describe('a batcher', () => {
  it('writes what comes in one turn together, and fills the next batch while one is under way', async () => {
    const { commits, flush } = gatedStore();
    const batcher = createBatcher({ flush, maxRows: 100, maxWaitMs: 0, maxInFlight: 1 });
    const results = [1, 2, 3].map((row) => batcher.add(row));
    await turn();
    results.push(batcher.add(4));
    await turn();
    results.push(batcher.add(5));
    expect(commits.map(({ rows }) => rows)).toEqual([[1, 2, 3]]);
    expect(batcher.pending).toBe(5);
    commits[0]?.commit();
    await turn();
    await turn();
    expect(commits.map(({ rows }) => rows)).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    commits[1]?.commit();
    expect(await Promise.all(results)).toEqual([2, 4, 6, 8, 10]);
    await turn();
    expect(batcher.pending).toBe(0);
  });

  it('has no more batches under way, and no more rows in each, than it may', async () => {
    const { commits, flush } = gatedStore();
    const batcher = createBatcher({ flush, maxRows: 2, maxWaitMs: 0, maxInFlight: 3 });
    const results = Array.from({ length: 9 }, (_, row) => batcher.add(row));
    for (let turns = 0; turns < 6; turns++) await turn();
    expect(commits.map(({ rows }) => rows)).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    for (let done = 0; done < 5; done++) {
      commits[done]?.commit();
      for (let turns = 0; turns < 4; turns++) await turn();
    }
    expect(commits).toHaveLength(5);
    expect(await Promise.all(results)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16]);
  });

  it('never puts two rows of a key in one batch, and keeps their order', async () => {
    const batches: string[][] = [];
    const batcher = createBatcher<string, string>({
      flush: async (rows) => (batches.push(rows), rows),
      maxRows: 10,
      maxWaitMs: 0,
      maxInFlight: 1,
      keyOf: (row) => row[0] ?? '',
    });
    await Promise.all(['a1', 'b1', 'a2', 'c1', 'a3', 'b2'].map((row) => batcher.add(row)));
    expect(batches).toEqual([['a1', 'b1', 'c1'], ['a2', 'b2'], ['a3']]);
  });

  it('waits for company where it is told to, and where company may be expected', async () => {
    const { commits, flush } = gatedStore();
    const batcher = createBatcher({ flush, maxRows: 10, maxWaitMs: 300, maxInFlight: 2 });
    const alone = batcher.add(0);
    await turn();
    expect(commits[0]?.rows).toEqual([0]);
    const first = batcher.add(1);
    await turn();
    await turn();
    expect(commits).toHaveLength(1);
    const second = batcher.add(2);
    while (commits.length === 1) await turn();
    expect(commits[1]?.rows).toEqual([1, 2]);
    for (const { commit } of commits) commit();
    expect(await Promise.all([alone, first, second])).toEqual([0, 2, 4]);
  });

  it('waits for nobody else once all that were there at once lately are there again', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    try {
      const { commits, flush } = gatedStore();
      const batcher = createBatcher({ flush, maxRows: 10, maxWaitMs: 10, maxInFlight: 2 });
      const turns = async () => {
        for (let count = 0; count < 4; count++) await turn();
      };
      const comeAndEnd = async (expected: number[][]) => {
        expect(commits.map(({ rows }) => rows)).toEqual(expected);
        for (const { commit } of commits.splice(0)) commit();
        await turns();
      };
      const results = [1, 2, 3].map((row) => batcher.add(row));
      vi.advanceTimersByTime(10);
      await turns();
      await comeAndEnd([[1, 2, 3]]);

      results.push(batcher.add(4), batcher.add(5));
      await turns();
      expect(commits).toEqual([]);
      results.push(batcher.add(6));
      await turns();
      await comeAndEnd([[4, 5, 6]]);

      // Those under way count: the last one has nobody left to wait for.
      results.push(batcher.add(7), batcher.add(8));
      vi.advanceTimersByTime(10);
      await turns();
      results.push(batcher.add(9));
      await turns();
      await comeAndEnd([[7, 8], [9]]);

      // Three are no longer all that there may be.
      results.push(...[10, 11, 12, 13].map((row) => batcher.add(row)));
      vi.advanceTimersByTime(10);
      await turns();
      await comeAndEnd([[10, 11, 12, 13]]);
      results.push(...[14, 15, 16].map((row) => batcher.add(row)));
      await turns();
      expect(commits).toEqual([]);
      vi.advanceTimersByTime(10);
      await turns();
      await comeAndEnd([[14, 15, 16]]);
      expect(await Promise.all(results)).toHaveLength(16);
    } finally {
      vi.useRealTimers();
    }
  });

  it('does not make what has waited behind a batch under way wait again', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    try {
      const { commits, flush } = gatedStore();
      const batcher = createBatcher({ flush, maxRows: 10, maxWaitMs: 300, maxInFlight: 1 });
      const results = [batcher.add(0)];
      await turn();
      results.push(batcher.add(1));
      vi.advanceTimersByTime(300);
      commits[0]?.commit();
      for (let turns = 0; turns < 4; turns++) await turn();
      expect(commits.map(({ rows }) => rows)).toEqual([[0], [1]]);
      commits[1]?.commit();
      expect(await Promise.all(results)).toEqual([0, 2]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('lets a bad row fail alone', async () => {
    const batcher = createBatcher<number, number>({
      flush: async (rows) => {
        if (rows.includes(3)) throw refused('22021');
        return rows;
      },
      maxRows: 10,
      maxWaitMs: 0,
      maxInFlight: 1,
    });
    const results = await Promise.allSettled([1, 2, 3, 4].map((row) => batcher.add(row)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(results[2]).toMatchObject({ reason: { code: 'STORE_REFUSED' } });
  });

  it('fails the whole batch, once, where the store is away', async () => {
    let tries = 0;
    const batcher = createBatcher<number, number>({
      flush: async () => {
        tries++;
        throw refused('ECONNREFUSED');
      },
      maxRows: 10,
      maxWaitMs: 0,
      maxInFlight: 1,
    });
    const results = await Promise.allSettled([1, 2, 3].map((row) => batcher.add(row)));
    expect(tries).toBe(1);
    for (const result of results) expect(result).toMatchObject({ reason: { code: 'STORE_UNAVAILABLE', spendsAttempt: false } });
    // And goes on with the next one.
    await expect(batcher.add(4)).rejects.toBeInstanceOf(TemporaryError);
    expect(tries).toBe(2);
  });
});

it('answers every caller with the result of its own row, whatever the limits and the failures', async () => {
  const row = fc.record({ key: fc.integer({ min: 0, max: 4 }), bad: fc.boolean(), late: fc.boolean() });
  const limits = fc.record({
    maxRows: fc.integer({ min: 1, max: 5 }),
    maxWaitMs: fc.constantFrom(0, 1),
    maxInFlight: fc.integer({ min: 1, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 40 }), limits, async (rows, limits) => {
      let underWay = 0;
      const batcher = createBatcher<{ key: number; bad: boolean; index: number }, number>({
        ...limits,
        keyOf: ({ key }) => String(key),
        async flush(batch) {
          expect(batch.length).toBeLessThanOrEqual(limits.maxRows);
          expect(new Set(batch.map(({ key }) => key)).size).toBe(batch.length);
          expect(++underWay).toBeLessThanOrEqual(limits.maxInFlight);
          await turn();
          underWay--;
          if (batch.some(({ bad }) => bad)) throw refused('23514');
          return batch.map(({ index }) => index);
        },
      });
      const results: Promise<number>[] = [];
      for (const [index, one] of rows.entries()) {
        if (one.late) await turn();
        const result = batcher.add({ ...one, index });
        result.catch(() => {});
        results.push(result);
      }
      for (const [index, result] of (await Promise.allSettled(results)).entries()) {
        if (rows[index]?.bad) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'STORE_REFUSED' } });
        else expect(result).toEqual({ status: 'fulfilled', value: index });
      }
      await turn();
      expect(batcher.pending).toBe(0);
    }),
    { numRuns: 50 },
  );
});

describe('storeError', () => {
  it.each<[string, object]>([
    ['22021', { code: 'STORE_REFUSED' }],
    ['23505', { code: 'STORE_REFUSED' }],
    ['54000', { code: 'STORE_REFUSED' }],
    ['42501', { code: 'STORE_SCHEMA_MISMATCH', spendsAttempt: true }],
    ['42P01', { code: 'STORE_SCHEMA_MISMATCH', spendsAttempt: true }],
    ['57P01', { code: 'STORE_UNAVAILABLE', spendsAttempt: false }],
    ['57P03', { code: 'STORE_UNAVAILABLE', spendsAttempt: false }],
    ['40P01', { code: 'STORE_UNAVAILABLE', spendsAttempt: false }],
    ['53300', { code: 'STORE_UNAVAILABLE', spendsAttempt: false }],
    ['ECONNRESET', { code: 'STORE_UNAVAILABLE', spendsAttempt: false }],
    ['22', { code: 'STORE_UNAVAILABLE' }],
  ])('%s', (state, expected) => {
    const cause = refused(state);
    expect(storeError(cause)).toMatchObject({ ...expected, cause });
  });

  it('leaves our own words as they are', () => {
    for (const error of [new TemporaryError('A'), new TerminalError('B')]) expect(storeError(error)).toBe(error);
    expect(storeError('text')).toMatchObject({ code: 'STORE_UNAVAILABLE', message: 'Postgres did not answer: text' });
  });
});
