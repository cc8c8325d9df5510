import { HEADER } from '@techno/contracts';
import { SECOND, TemporaryError, TerminalError } from '@techno/kernel';
import { startNats, type TestNats, until } from '@techno/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRig, type Order, orders, type Rig, worker } from './testing/rig.ts';

let nats: TestNats;
let rig: Rig;
beforeAll(async () => {
  nats = await startNats();
  rig = await createRig(nats.url);
});
afterAll(async () => {
  await rig.close();
  await nats.stop();
});

const range = (count: number) => Array.from({ length: count }, (_, n) => n);
/** A promise to be kept by the test. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

describe.concurrent('an actor', () => {
  test('handles what was published before and after it started, and emits before it acks', async () => {
    const [given, emitted] = [orders('through'), orders('through-news')];
    const [handled, heard] = [new Set<number>(), new Set<number>()];
    for (const n of range(5)) await rig.send(given, n);
    const running = rig.run(
      worker(given, {
        async handle({ n }, { publish }) {
          handled.add(n);
          publish(emitted, { n });
        },
      }),
    );
    rig.run(worker(emitted, { handle: async ({ n }) => void heard.add(n) }));
    for (const n of range(5)) await rig.send(given, 5 + n);
    await until(() => heard.size === 10);
    expect([...handled].toSorted((a, b) => a - b)).toEqual(range(10));
    await running.stop();
    await until(async () => (await rig.pendingAcks('ACTIONS', 'through')) === 0);
  });

  test('gets a failed message back after its delays, with its attempts counted, and nobody else sees it', async () => {
    const given = orders('retried');
    const attempts: { attempt: number; at: number; traceparent: string }[] = [];
    const others: number[] = [];
    rig.run(
      worker(given, {
        async handle(_message, { attempt, traceparent }) {
          attempts.push({ attempt, at: Date.now(), traceparent });
          if (attempt <= 2) throw new TemporaryError('BUSY');
        },
      }),
    );
    rig.run(worker(given, { name: 'retried-watcher', handle: async ({ n }) => void others.push(n) }));
    await rig.send(given, 1);
    await until(() => attempts.length === 3);
    const [first, second, third] = attempts.map(({ at }) => at) as [number, number, number];
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    // 300 and 600 ms less 20 % of jitter.
    expect(second - first).toBeGreaterThanOrEqual(240);
    expect(third - second).toBeGreaterThanOrEqual(480);
    await until(async () => (await rig.pendingAcks('ACTIONS', 'retried')) === 0);
    expect(others).toEqual([1]);
    const retry = await rig.bus.jsm.streams.getMessage('ACTIONS', { last_by_subj: 'retry.ACTIONS.retried' });
    expect(retry?.header.get(HEADER.attempt)).toBe('2');
    expect(retry?.header.get(HEADER.originalSubject)).toBe('action.test.retried.1');
  });

  test('holds no place for a message that waits', async () => {
    const given = orders('waiting');
    const seen: string[] = [];
    rig.run(
      worker(given, {
        concurrency: 1,
        async handle({ n }, { attempt }) {
          seen.push(`${n}/${attempt}`);
          if (n === 0 && attempt === 1) throw new TemporaryError('BUSY', 'busy', { retryAfterMs: 400 });
        },
      }),
    );
    for (const n of range(4)) await rig.send(given, n);
    await until(() => seen.includes('0/2'));
    expect(seen).toEqual(['0/1', '1/1', '2/1', '3/1', '0/2']);
  });

  test('waits for free without spending attempts', async () => {
    const given = orders('free');
    const attempts: number[] = [];
    rig.run(
      worker(given, {
        retryDelaysMs: [],
        async handle(_message, { attempt }) {
          attempts.push(attempt);
          if (attempts.length < 4) throw new TemporaryError('AWAY', 'away', { spendsAttempt: false, retryAfterMs: 50 });
        },
      }),
    );
    await rig.send(given, 1);
    await until(() => attempts.length === 4);
    expect(attempts).toEqual([1, 1, 1, 1]);
    expect(await rig.deadLetters('free')).toEqual([]);
  });

  test('keeps the order of a key and runs other keys meanwhile', async () => {
    const given = orders('keyed');
    const order: number[] = [];
    const busy = new Map<number, number>();
    let together = 0;
    rig.run(
      worker(given, {
        concurrency: 16,
        keyedBy: ({ n }) => String(n % 3),
        async handle({ n }) {
          const key = n % 3;
          busy.set(key, (busy.get(key) ?? 0) + 1);
          expect(busy.get(key)).toBe(1);
          together = Math.max(together, [...busy.values()].filter((count) => count > 0).length);
          await new Promise((resolve) => setTimeout(resolve, (n * 7) % 5));
          order.push(n);
          busy.set(key, 0);
        },
      }),
    );
    for (const n of range(60)) await rig.send(given, n);
    await until(() => order.length === 60);
    for (const key of range(3)) expect(order.filter((n) => n % 3 === key)).toEqual(range(60).filter((n) => n % 3 === key));
    expect(together).toBe(3);
  });

  test('goes on when the key of a message cannot be told', async () => {
    const given = orders('keyless');
    const seen: number[] = [];
    rig.run(
      worker(given, {
        concurrency: 1,
        keyedBy: ({ n }) => {
          if (n === 1) throw new Error('no key');
          return 'key';
        },
        handle: async ({ n }) => void seen.push(n),
      }),
    );
    for (const n of range(3)) await rig.send(given, n);
    await until(() => seen.length === 3);
    expect(seen.toSorted((a, b) => a - b)).toEqual(range(3));
  });

  test('handles at most as many at once as it says', async () => {
    const given = orders('bounded');
    const all = gate();
    let [now, most, handled] = [0, 0, 0];
    rig.run(
      worker(given, {
        concurrency: 4,
        async handle() {
          most = Math.max(most, ++now);
          if (handled === 0) await all.opened;
          now--;
          handled++;
        },
      }),
    );
    for (const n of range(40)) await rig.send(given, n);
    await until(() => now === 4);
    all.open();
    await until(() => handled === 40);
    expect(most).toBe(4);
  });
});

describe.concurrent('a message that cannot be handled', () => {
  test('goes to the dead letters whole, and is termed', async () => {
    const given = orders('buried');
    rig.run(
      worker(given, {
        retryDelaysMs: [50],
        async handle({ n }) {
          if (n === 1) throw new TerminalError('GONE', 'it is gone');
          throw new TemporaryError('BUSY', 'still busy');
        },
      }),
    );
    await rig.send(given, 1);
    await rig.send(given, 2);
    await rig.bus.js.publish('action.test.buried.3', new Uint8Array([0xff, 0x00]));
    const letters = await until(async () => {
      const found = await rig.deadLetters('buried');
      return found.length === 3 && found;
    });
    const told = letters.map(({ subject, error, attempts, encoding, payload }) => [
      subject,
      error.code,
      attempts,
      encoding,
      payload,
    ]);
    expect(told.toSorted(([a], [b]) => String(a).localeCompare(String(b)))).toEqual([
      ['action.test.buried.1', 'GONE', 1, 'json', '{"n":1}'],
      ['action.test.buried.2', 'BUSY', 2, 'json', '{"n":2}'],
      ['action.test.buried.3', 'MESSAGE_UNPARSEABLE', 1, 'base64', '/wA='],
    ]);
    await until(async () => (await rig.pendingAcks('ACTIONS', 'buried')) === 0);
    const advisories = await rig.bus.jsm.streams.info('ADVISORIES', { subjects_filter: '>' });
    expect(advisories.state.subjects).toHaveProperty(['$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.ACTIONS.buried'], 3);
  });
});

describe.concurrent('a pause', () => {
  test('stops the intake, spends no attempt, and ends by itself', async () => {
    const given = orders('paused');
    const attempts: number[] = [];
    let pausedUntil = Date.now() + 700;
    const resumesAt = pausedUntil;
    let firstAt = 0;
    rig.run(
      worker(given, {
        pausedUntil: () => pausedUntil,
        async handle({ n }, { attempt }) {
          firstAt ||= Date.now();
          attempts.push(attempt);
          if (n === 2) pausedUntil = Number.MAX_SAFE_INTEGER;
        },
      }),
    );
    for (const n of range(3)) await rig.send(given, n);
    await until(() => attempts.length === 3);
    expect(firstAt).toBeGreaterThanOrEqual(resumesAt);

    // Paused again from inside: when the pull is closed, what is published stays on the server.
    await until(async () => (await rig.bus.jsm.consumers.info('ACTIONS', 'paused')).num_waiting === 0);
    for (const n of range(3)) await rig.send(given, 10 + n);
    const { num_pending, num_ack_pending } = await rig.bus.jsm.consumers.info('ACTIONS', 'paused');
    expect([num_pending, num_ack_pending]).toEqual([3, 0]);
    pausedUntil = 0;
    await until(() => attempts.length === 6);
    expect(attempts).toEqual([1, 1, 1, 1, 1, 1]);
  });
});

describe.concurrent('a stop', () => {
  test('finishes what is in flight and leaves nothing unacked', async () => {
    const given = orders('drained');
    const all = gate();
    const begun: number[] = [];
    const handled: number[] = [];
    const running = rig.run(
      worker(given, {
        concurrency: 3,
        leaseMs: 60 * SECOND,
        async handle({ n }) {
          begun.push(n);
          await all.opened;
          handled.push(n);
        },
      }),
    );
    for (const n of range(20)) await rig.send(given, n);
    await until(() => begun.length === 3);
    const stopped = running.stop();
    all.open();
    await stopped;
    // Long before any lease ends: what is unacked now would stay so.
    await until(async () => (await rig.pendingAcks('ACTIONS', 'drained')) === 0);
    const { num_pending } = await rig.bus.jsm.consumers.info('ACTIONS', 'drained');
    expect(handled.length + num_pending).toBe(20);
  });

  test('past its grace gives unfinished messages back for the next process', async () => {
    const given = orders('released');
    const attempts: number[] = [];
    const begin = (handle: (order: Order, context: { signal: AbortSignal; attempt: number }) => Promise<void>) =>
      rig.run(worker(given, { leaseMs: 60 * SECOND, handle }));
    const first = begin(async (_order, { signal, attempt }) => {
      attempts.push(attempt);
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    });
    await rig.send(given, 1);
    await until(() => attempts.length === 1);
    first.abort();
    await first.stop();
    begin(async (_order, { attempt }) => void attempts.push(attempt));
    // Well before the lease would have ended.
    await until(() => attempts.length === 2);
    expect(await rig.deadLetters('released')).toEqual([]);
  });
});

test.concurrent('a handler that works longer than its lease keeps it', async () => {
  const given = orders('long');
  let handled = 0;
  rig.run(
    worker(given, {
      async handle() {
        handled++;
        await new Promise((resolve) => setTimeout(resolve, 2_500));
      },
    }),
  );
  await rig.send(given, 1);
  await until(async () => handled > 0 && (await rig.pendingAcks('ACTIONS', 'long')) === 0);
  expect(handled).toBe(1);
});

test.concurrent('messages that wait behind long ones are handled once, by whichever replica is free', async () => {
  const given = orders('queued');
  const handled: number[] = [];
  const long = () =>
    worker(given, {
      concurrency: 1,
      async handle({ n }) {
        handled.push(n);
        await new Promise((resolve) => setTimeout(resolve, 1_500));
      },
    });
  for (const n of range(6)) await rig.send(given, n);
  rig.run(long());
  await until(() => handled.length === 1);
  rig.run(long());
  await until(() => handled.length === 6, { timeoutMs: 25 * SECOND });
  await until(async () => (await rig.pendingAcks('ACTIONS', 'queued')) === 0);
  expect(handled.toSorted((a, b) => a - b)).toEqual(range(6));
  const { state } = await rig.bus.jsm.streams.info('ACTIONS', { subjects_filter: '*.ACTIONS.queued.>' });
  expect(state.subjects ?? {}).toEqual({});
});
