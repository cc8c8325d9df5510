import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { HEADER } from '@techno/contracts';
import { SECOND, TemporaryError, TerminalError } from '@techno/kernel';
import { nodeArguments, startNats, type TestNats, until } from '@techno/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EVENT_BATCH } from './event-batch.ts';
import { storedMessages } from './stored.ts';
import { tail } from './tail.ts';
import { batchableOrders, createRig, type Order, type Rig, worker } from './testing/rig.ts';

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
/** What one turn of the event loop publishes. */
const sendTogether = (given: ReturnType<typeof batchableOrders>, ns: readonly number[]) =>
  Promise.all(ns.map((n) => rig.send(given, n)));
const lastOf = (subject: string) => rig.bus.jsm.streams.getMessage('ACTIONS', { last_by_subj: subject });
const quiet = (consumer: string) =>
  until(async () => {
    const { num_pending, num_ack_pending } = await rig.bus.jsm.consumers.info('ACTIONS', consumer);
    return num_pending + num_ack_pending === 0;
  });

test('messages of one turn to one subject are stored as one, those of another turn apart', async () => {
  const given = batchableOrders('together');
  await sendTogether(given, range(5));
  const batch = await lastOf(given.pattern);
  expect(batch?.header.get('content-type')).toBe(EVENT_BATCH);
  expect(batch?.json<{ data: Order }[]>().map(({ data }) => data.n)).toEqual(range(5));
  await rig.send(given, 5);
  const single = await lastOf(given.pattern);
  expect([single?.seq, single?.json()]).toEqual([(batch?.seq ?? 0) + 1, { n: 5 }]);
  expect(single?.header.get(HEADER.messageId)).toBe('order-test.together-5');
});

test('more than fits into one is stored in several', async () => {
  const given = batchableOrders('several');
  const handled = new Set<number>();
  rig.run(worker(given, { handle: async ({ n }) => void handled.add(n) }));
  await sendTogether(given, range(100));
  await until(() => handled.size === 100);
  await quiet('several');
  expect((await rig.bus.jsm.consumers.info('ACTIONS', 'several')).delivered.consumer_seq).toBe(4);
});

test('each is handled, retried and dead-lettered by itself', async () => {
  const given = batchableOrders('mixed');
  const attempts: [number, number][] = [];
  rig.run(
    worker(given, {
      retryDelaysMs: [50],
      async handle({ n }, { attempt }) {
        attempts.push([n, attempt]);
        if (n === 1 && attempt === 1) throw new TemporaryError('BUSY');
        if (n === 2) throw new TerminalError('GONE', 'it is gone');
      },
    }),
  );
  await sendTogether(given, range(4));
  await until(() => attempts.length === 5);
  expect(attempts.toSorted(([n, attempt], [m, other]) => n - m || attempt - other)).toEqual([[0, 1], [1, 1], [1, 2], [2, 1], [3, 1]]); // prettier-ignore
  const letters = await until(async () => {
    const found = await rig.deadLetters('mixed');
    return found.length > 0 && found;
  });
  expect(letters.map(({ error, payload, headers }) => [error.code, payload, headers[HEADER.eventId]])).toEqual([
    ['GONE', '{"n":2}', `order-test.mixed-2.test.${given.pattern}`],
  ]);
  await quiet('mixed');
});

test('no more of a batch are begun than there are places', async () => {
  const given = batchableOrders('bounded');
  let [now, most, handled] = [0, 0, 0];
  rig.run(
    worker(given, {
      concurrency: 3,
      async handle() {
        most = Math.max(most, ++now);
        await new Promise(setImmediate);
        now--;
        handled++;
      },
    }),
  );
  await sendTogether(given, range(30));
  await until(() => handled === 30);
  expect(most).toBe(3);
});

test('a batch actor gets each, in order, and what cannot be read is buried alone', async () => {
  const given = batchableOrders('recorded');
  const seen: number[] = [];
  await sendTogether(given, range(7));
  const fault = { ...given, subject: () => given.pattern } as unknown as typeof given;
  await Promise.all([rig.send(fault, 7), rig.send(fault, 7.5), rig.send(fault, 8)]);
  rig.runBatch({
    name: 'recorded',
    receives: [given as never],
    maxBatch: 4,
    lingerMs: 10,
    leaseMs: 2 * SECOND,
    handle: async (batch) => void seen.push(...batch.map(({ body }) => (body as Order).n)),
  });
  await until(() => seen.length === 9);
  expect(seen).toEqual(range(9));
  expect((await rig.deadLetters('recorded')).map(({ error, payload }) => [error.code, payload])).toEqual([
    ['MESSAGE_UNPARSEABLE', '{"n":7.5}'],
  ]);
  await quiet('recorded');
});

test('is read back, and followed, as the messages it holds', async () => {
  const given = batchableOrders('read');
  await sendTogether(given, range(3));
  const seq = (await lastOf(given.pattern))?.seq ?? 0;
  const stored = await storedMessages(rig.bus, 'ACTIONS', seq);
  expect(
    stored.map((message) => [message.seq, Buffer.from(message.bytes()).toString(), message.header(HEADER.eventType)]),
  ).toEqual(range(3).map((n) => [seq, `{"n":${n}}`, given.type]));
  const stop = new AbortController();
  const seen: unknown[] = [];
  await tail(
    rig.bus,
    { stream: 'ACTIONS', subject: given.pattern, afterSeq: 0 },
    async ({ seq, lastOfSeq, json }) => {
      seen.push([seq, lastOfSeq, json()]);
      if (seen.length === 3) stop.abort();
    },
    stop.signal,
  );
  expect(seen).toEqual(range(3).map((n) => [seq, n === 2, { n }]));
});

test('is stored in the end when the server was away for a moment, and nothing joins what has failed', async () => {
  const given = batchableOrders('outage');
  await nats.kill();
  await until(() => !rig.bus.connected());
  const refused = await Promise.allSettled([rig.send(given, 1), rig.send(given, 2)]);
  expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await nats.start();
  await until(() => rig.bus.connected(), { timeoutMs: 20 * SECOND });
  await sendTogether(given, [3, 4]);
  expect((await lastOf(given.pattern))?.json<{ data: Order }[]>().map(({ data }) => data.n)).toEqual([3, 4]);
}, 60_000);

test('a process that dies over one of a batch takes no other along: they come back one by one', async () => {
  const given = batchableOrders('deadly-batch');
  await sendTogether(given, range(10));
  const begun: { n: number; attempt: number }[] = [];
  const program = fileURLToPath(new URL('./testing/mortal-worker.ts', import.meta.url));
  const stop = new AbortController();
  let child: ChildProcess | undefined;
  const supervised = (async () => {
    while (!stop.signal.aborted) {
      child = spawn(process.execPath, [...nodeArguments(program), nats.url, 'deadly-batch', '3', 'exit', 'batchable'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => begun.push(JSON.parse(line)));
      await once(child, 'exit');
    }
  })();
  try {
    const letters = await until(
      async () => {
        const found = await rig.deadLetters('deadly-batch');
        return found.length > 0 && found;
      },
      { timeoutMs: 45 * SECOND },
    );
    await until(() => new Set(begun.flatMap(({ n }) => (n === 3 ? [] : [n]))).size === 9);
    await quiet('deadly-batch');
    expect(letters.map(({ error, payload }) => [error.code, payload])).toEqual([['ATTEMPTS_EXHAUSTED', '{"n":3}']]);
    expect(await rig.deadLetters('deadly-batch')).toHaveLength(1);
  } finally {
    stop.abort();
    child?.kill('SIGKILL');
    await supervised;
  }
}, 90_000);
