import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createMailboxes } from './mailboxes.ts';

/** Work that ends when it is told to. */
function gated(log: string[], name: string) {
  let finish = () => {};
  const gate = new Promise<void>((resolve) => (finish = resolve));
  return {
    finish,
    async work() {
      log.push(`begin ${name}`);
      await gate;
      log.push(`end ${name}`);
      return name;
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('runs one at a time per key, in order, and other keys meanwhile', async () => {
  const mailboxes = createMailboxes();
  const log: string[] = [];
  const [a1, a2, b1] = [gated(log, 'a1'), gated(log, 'a2'), gated(log, 'b1')];
  const all = [mailboxes.run('a', a1.work), mailboxes.run('a', a2.work), mailboxes.run('b', b1.work)];
  await turn();
  expect(log).toEqual(['begin a1', 'begin b1']);
  b1.finish();
  a2.finish();
  await turn();
  expect(log).toEqual(['begin a1', 'begin b1', 'end b1']);
  a1.finish();
  expect(await Promise.all(all)).toEqual(['a1', 'a2', 'b1']);
  expect(log).toEqual(['begin a1', 'begin b1', 'end b1', 'end a1', 'begin a2', 'end a2']);
});

it('starts at once where nothing waits', () => {
  const mailboxes = createMailboxes();
  const log: string[] = [];
  const first = gated(log, 'first');
  void mailboxes.run('key', first.work);
  expect(log).toEqual(['begin first']);
  first.finish();
});

it('goes on after an error, which only its own caller sees', async () => {
  const mailboxes = createMailboxes();
  const failed = mailboxes.run('key', () => Promise.reject(new Error('no')));
  const next = mailboxes.run('key', async () => 'next');
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe('next');
});

it('takes no memory for a key without work', async () => {
  const mailboxes = createMailboxes();
  const log: string[] = [];
  const works = Array.from({ length: 50 }, (_, index) => ({ key: `key ${index % 10}`, ...gated(log, String(index)) }));
  const all = works.map(({ key, work }) => mailboxes.run(key, work));
  expect(mailboxes.size).toBe(10);
  for (const { finish } of works) finish();
  await Promise.all(all);
  await turn();
  expect(mailboxes.size).toBe(0);
});

it('never overlaps or reorders the work of a key, whatever the mix', async () => {
  const job = fc.record({ key: fc.constantFrom('a', 'b', 'c'), turns: fc.integer({ min: 0, max: 3 }), fails: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(job, { maxLength: 30 }), async (jobs) => {
      const mailboxes = createMailboxes();
      const busy = new Set<string>();
      const order: Record<string, number[]> = { a: [], b: [], c: [] };
      await Promise.allSettled(
        jobs.map(({ key, turns, fails }, index) =>
          mailboxes.run(key, async () => {
            expect(busy.has(key)).toBe(false);
            busy.add(key);
            for (let left = turns; left > 0; left--) await turn();
            order[key]?.push(index);
            busy.delete(key);
            if (fails) throw new Error('no');
          }),
        ),
      );
      for (const key of Object.keys(order)) {
        expect(order[key]).toEqual(jobs.flatMap((job, index) => (job.key === key ? [index] : [])));
      }
      await turn();
      expect(mailboxes.size).toBe(0);
    }),
    { numRuns: 50 },
  );
});
