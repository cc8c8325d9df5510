import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { envelope } from '@techno/actor';
import { type NotificationRequested, notificationRequested } from '@techno/contracts';
import { withConnection } from '@techno/embedded';
import { type Bus, connectBus, createTransport, ensureStreams } from '@techno/jetstream';
import { type StandIns, startStandIns } from '@techno/stand-ins';
import { createDatabase, freePort, nodeArguments, startNats, type TestDatabase, type TestNats, until } from '@techno/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** Short, so that the next process need not wait for long. */
const LEASE_MS = 1_500;

let nats: TestNats;
let database: TestDatabase;
let standIns: StandIns;
let bus: Bus;

beforeAll(async () => {
  [nats, database, standIns] = await Promise.all([startNats(), createDatabase(), startStandIns()]);
  bus = await connectBus({ url: nats.url, name: 'test' });
  await ensureStreams(bus);
});

afterAll(async () => {
  await running?.kill();
  await bus?.close();
  await Promise.all([standIns?.close(), nats?.stop()]);
  await database?.drop();
});

beforeEach(() => {
  standIns.messages.length = 0;
});

interface Started {
  readonly keyed: boolean;
  kill(): Promise<void>;
}

/** The one that runs now: the next process of one test is the victim of the following. */
let running: Started | undefined;

async function notifierOf(keyed: boolean): Promise<Started> {
  if (running?.keyed !== keyed) {
    await running?.kill();
    running = await startNotifier(keyed);
  }
  return running;
}

/** The notifier as it runs in production, ready to work. */
async function startNotifier(keyed: boolean): Promise<Started> {
  const opsPort = await freePort();
  const child: ChildProcess = spawn(process.execPath, nodeArguments('services/notifier/src/main.ts'), {
    cwd: ROOT,
    stdio: 'ignore',
    env: {
      NATS_URL: nats.url,
      DATABASE_URL: database.url('notifier'),
      TECHNO_OPS_HOST: '127.0.0.1',
      TECHNO_OPS_PORT: String(opsPort),
      TECHNO_EGRESS_ALLOW: new URL(standIns.url).host,
      TECHNO_NOTIFY_LEASE_MS: String(LEASE_MS),
      TECHNO_NOTIFY_RECIPIENT_REST_MS: '0',
      CHANNEL_SMS_URL: standIns.url,
      CHANNEL_SMS_ACCOUNT: 'AC1',
      CHANNEL_SMS_TOKEN: 't',
      CHANNEL_SMS_FROM: '+15005550006',
      CHANNEL_SMS_KEYED: String(keyed),
      CHANNEL_SMS_PER_SECOND: '1000',
    },
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await until(
    () =>
      fetch(`http://127.0.0.1:${opsPort}/readyz`).then(
        ({ status }) => status === 200,
        () => false,
      ),
    { timeoutMs: 20_000 },
  );
  return {
    keyed,
    async kill() {
      running = undefined;
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited;
    },
  };
}

async function ask(): Promise<string> {
  const trace = randomBytes(16).toString('hex');
  const body: NotificationRequested = {
    notification_id: `ntf_${trace}`,
    trace_id: `tr_${trace}`,
    principal: 'key_1',
    context_id: 'default',
    request: { recipients: [{ channel: 'sms', address: '+5511987654321' }], text: { body: trace }, severity: 'normal' },
    requested_at: new Date().toISOString(),
  };
  const now = body.requested_at;
  await createTransport(bus).publish(
    envelope(notificationRequested, body, { causeId: trace, source: 'test', traceparent: '', now }),
  );
  return body.notification_id;
}

type Query = <Row extends object>(text: string, values?: unknown[]) => Promise<Row[]>;

async function asAdmin<T>(work: (query: Query) => Promise<T>): Promise<T> {
  return withConnection(database.adminUrl, (client) =>
    work(async <Row extends object>(text: string, values: unknown[] = []) => (await client.query(text, values)).rows as Row[]),
  );
}

const stateOf = (id: string) =>
  asAdmin(
    async (query) => (await query<{ state: string }>('select state from deliveries where notification_id = $1', [id]))[0]?.state,
  );

/** Whether somebody waits for a lock on the table. */
const isBlocked = (query: Query, table: string) => async () =>
  (await query(`select 1 from pg_locks where not granted and relation = $1::regclass`, [table])).length > 0;

/** The provider's next call: `asked` resolves when it has come, and its answer waits for `answer`. */
function nextCall(): { asked: Promise<void>; answer: () => void } {
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const until = () => (asked.resolve(), answered.promise);
  standIns.behave('twilio', { until, times: 1 });
  return { asked: asked.promise, answer: answered.resolve };
}

const DEATHS: readonly [string, (notifier: Started) => Promise<string>][] = [
  [
    'before the call',
    (notifier) =>
      asAdmin(async (query) => {
        await query('begin');
        await query('lock table delivery_attempts in exclusive mode');
        const id = await ask();
        await until(isBlocked(query, 'delivery_attempts'));
        await notifier.kill();
        await query('rollback');
        return id;
      }),
  ],
  [
    'in the call, before its answer',
    async (notifier) => {
      const call = nextCall();
      const id = await ask();
      await call.asked;
      await notifier.kill();
      // The provider has it all the same.
      call.answer();
      await until(() => standIns.messages.length === 1);
      return id;
    },
  ],
  [
    'after the answer, before the record',
    (notifier) =>
      asAdmin(async (query) => {
        const call = nextCall();
        const id = await ask();
        await call.asked;
        await query('begin');
        await query('lock table delivery_attempts in exclusive mode');
        call.answer();
        await until(() => standIns.messages.length === 1);
        await until(isBlocked(query, 'delivery_attempts'));
        await notifier.kill();
        // What the dead one had begun must not be finished by its connection.
        await query(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'techno-notifier%'`,
        );
        await query('rollback');
        return id;
      }),
  ],
];

const hasStarted = (id: string) =>
  asAdmin(async (query) => {
    const rows = await query(
      'select 1 from delivery_attempts a join deliveries d on d.id = a.delivery_id where d.notification_id = $1',
      [id],
    );
    return rows.length > 0;
  });

describe('kill -9', () => {
  it.each(DEATHS)('%s: the next process finishes it, and a provider that honours keys has it once', async (_step, die) => {
    const id = await die(await notifierOf(true));
    await notifierOf(true);
    await until(async () => (await stateOf(id)) === 'SENT');
    expect(standIns.messages.map(({ text }) => `ntf_${text}`)).toEqual([id]);
  });

  it('of the bus and all it kept: what was accepted is sent', async () => {
    standIns.behave('twilio', { status: 503, times: 1, retryAfter: 2 });
    await notifierOf(true);
    const id = await ask();
    await until(() => hasStarted(id));
    await nats.kill();
    await nats.wipe();
    await until(async () => (await stateOf(id)) === 'SENT');
    await nats.start();
    expect(standIns.messages).toHaveLength(1);
  });

  it('in the call to a provider that honours none: UNKNOWN, and not sent again', async () => {
    const die = DEATHS[1]?.[1];
    const id = (await die?.(await notifierOf(false))) ?? '';
    await notifierOf(false);
    await until(async () => (await stateOf(id)) === 'UNKNOWN');
    expect(standIns.messages).toHaveLength(1);
  });
});
