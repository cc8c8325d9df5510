import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { envelope } from '@techno/actor';
import { withConnection } from '@techno/embedded';
import { type Bus, connectBus, createTransport, ensureStreams } from '@techno/jetstream';
import { newSpanId, newW3cTraceId, rfc3339 } from '@techno/kernel';
import { createDatabase, nodeArguments, startNats, type TestDatabase, type TestNats, until } from '@techno/testkit';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type ServiceProcess, startService } from '../support/service-process.ts';
import { deadlyMessage, message } from './deadly-message.ts';

let nats: TestNats;
let database: TestDatabase;
let bus: Bus;
let replayer: ServiceProcess;
let logs: string;
let stopConsumer: () => Promise<void> = async () => {};

beforeAll(async () => {
  logs = await mkdtemp(path.join(tmpdir(), 'techno-deadly-'));
  [nats, database] = await Promise.all([startNats(), createDatabase()]);
  bus = await connectBus({ url: nats.url, name: 'deadly-test' });
  await ensureStreams(bus);
  replayer = await startService('dlq-replayer', { NATS_URL: nats.url, DATABASE_URL: database.url('dlq-replayer') }, logs);
}, 60_000);

afterEach(() => stopConsumer());
afterAll(async () => {
  await bus?.close();
  await replayer?.stop();
  await nats?.stop();
  await database?.drop();
  await rm(logs, { recursive: true, force: true });
});

/** Runs the consumer and starts it again whenever it dies, as a supervisor does. */
function supervise(on: string) {
  const handled: string[] = [];
  let deaths = 0;
  let child: ChildProcess | undefined;
  const over = new AbortController();
  const gone = (async () => {
    while (!over.signal.aborted) {
      child = spawn(process.execPath, [...nodeArguments(path.join(import.meta.dirname, 'deadly-consumer.ts')), nats.url, on], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      child.stdout?.on('data', (chunk: Buffer) => handled.push(...chunk.toString().split('\n').filter(Boolean)));
      await new Promise((resolve) => child?.once('exit', resolve));
      if (!over.signal.aborted) deaths++;
    }
  })();
  stopConsumer = async () => {
    over.abort();
    child?.kill('SIGKILL');
    await gone;
  };
  return { handled, deaths: () => deaths };
}

function publish(on: string, id: string, behaviour: 'deadly' | 'harmless'): Promise<void> {
  return createTransport(bus).publish(
    envelope(deadlyMessage(on), message(id, behaviour), {
      causeId: id,
      source: 'test',
      traceparent: `00-${newW3cTraceId(Date.now())}-${newSpanId()}-00`,
      now: rfc3339(Date.now()),
    }),
  );
}

const letters = (actor: string) =>
  withConnection(
    database.adminUrl,
    async (client) => (await client.query('select * from worker_dlq where actor = $1', [actor])).rows,
  );

it('a message that kills its consumer is a dead letter after its attempts, and its neighbours are handled', async () => {
  const consumer = supervise('handling');
  const neighbours = Array.from({ length: 20 }, (_, index) => `neighbour-${index}`);
  await Promise.all([
    ...neighbours.slice(0, 10).map((id) => publish('handling', id, 'harmless')),
    publish('handling', 'killer', 'deadly'),
  ]);
  await Promise.all(neighbours.slice(10).map((id) => publish('handling', id, 'harmless')));

  const [letter] = await until(
    async () => ((await letters('deadly-handling')).length > 0 ? letters('deadly-handling') : undefined),
    {
      timeoutMs: 40_000,
    },
  );
  expect(letter).toMatchObject({ error_code: 'ATTEMPTS_EXHAUSTED', error_kind: 'exhausted', attempts: 4, status: 'pending' });
  expect(JSON.parse(letter.payload)).toEqual(message('killer', 'deadly'));
  await until(() => neighbours.every((id) => consumer.handled.includes(id)));
  expect(await letters('deadly-handling')).toHaveLength(1);
  expect(consumer.deaths()).toBe(4);
}, 60_000);

it('one that never lets its consumer live is found by the advisory of the server, and stored once', async () => {
  supervise('receipt');
  await publish('receipt', 'sudden', 'deadly');
  const [letter] = await until(
    async () => ((await letters('deadly-receipt')).length > 0 ? letters('deadly-receipt') : undefined),
    {
      timeoutMs: 40_000,
    },
  );
  expect(letter).toMatchObject({
    error_code: 'ATTEMPTS_EXHAUSTED',
    subject: 'action.test.receipt.deadly',
    job_name: 'test.deadly.receipt',
    status: 'pending',
  });
  expect(JSON.parse(letter.payload)).toEqual(message('sudden', 'deadly'));
}, 50_000);

it('the advisory of a message that was dead-lettered adds nothing', async () => {
  // The first test's message was terminated by its own runtime, and the server said so.
  await until(async () => {
    const info = await bus.jsm.consumers.info('ADVISORIES', 'follow-advisories');
    return info.num_pending === 0 && info.num_ack_pending === 0 && info.delivered.stream_seq > 0;
  });
  await until(async () => (await bus.jsm.consumers.info('DEAD_LETTERS', 'collect-dead-letters')).num_ack_pending === 0);
  expect(await letters('deadly-handling')).toHaveLength(1);
  expect(await letters('deadly-receipt')).toHaveLength(1);
});
