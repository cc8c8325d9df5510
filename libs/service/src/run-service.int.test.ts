import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { envelope } from '@techno/actor';
import { type Bus, connectBus, createTransport, request } from '@techno/jetstream';
import { createDatabase, freePort, nodeArguments, startNats, type TestDatabase, type TestNats, until } from '@techno/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Job, ordered, slowly, TINY } from './testing/tiny-service.ts';

const PROGRAM = fileURLToPath(new URL('./testing/tiny-service.ts', import.meta.url));

let nats: TestNats;
let database: TestDatabase;
let bus: Bus;
beforeAll(async () => {
  nats = await startNats();
  database = await createDatabase();
  bus = await connectBus({ url: nats.url, name: 'test' });
});
const children: Tiny[] = [];
afterEach(async () => {
  for (const { child, exited } of children.splice(0)) {
    child.kill('SIGKILL');
    await exited;
  }
});
afterAll(async () => {
  await bus.close();
  await database.drop();
  await nats.stop();
});

interface Tiny {
  readonly child: ChildProcess;
  readonly lines: Record<string, unknown>[];
  readonly exited: Promise<number | null>;
  readonly ops: string;
}

async function start(env: Record<string, string> = {}): Promise<Tiny> {
  const port = await freePort();
  const child = spawn(process.execPath, nodeArguments(PROGRAM), {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      NATS_URL: nats.url,
      DATABASE_URL: database.url('executor'),
      TECHNO_OPS_HOST: '127.0.0.1',
      TECHNO_OPS_PORT: String(port),
      ...env,
    },
  });
  const lines: Record<string, unknown>[] = [];
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
  });
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve));
  const tiny = { child, lines, exited, ops: `http://127.0.0.1:${port}` };
  children.push(tiny);
  return tiny;
}

const started = async (env: Record<string, string> = {}): Promise<Tiny> => {
  const tiny = await start(env);
  await until(() => tiny.lines.some(({ msg }) => msg === 'service.ready'));
  return tiny;
};
const send = (job: Job) =>
  createTransport(bus).publish(
    envelope(ordered, job, { causeId: `job-${job.n}-${Date.now()}`, source: 'test', traceparent: '', now: '' }),
  );
const said = ({ lines }: Tiny, what: string) => lines.filter((line) => line['what'] === what).map((line) => line['n']);
const fatal = ({ lines }: Tiny) => lines.find(({ level }) => level === 'fatal');
const ask = async (url: string) => {
  const response = await fetch(url);
  return {
    status: response.status,
    body: (await response.json()) as { status: string; checks: Record<string, { ok: boolean }> },
  };
};

describe('a service', () => {
  test('says when it is ready, and answers its operators', async () => {
    const tiny = await started();
    expect(tiny.lines.find(({ msg }) => msg === 'service.ready')).toMatchObject({ service: 'executor', actors: [TINY] });
    expect(await ask(`${tiny.ops}/healthz`)).toMatchObject({ status: 200, body: { status: 'ok' } });
    const ready = await until(async () => {
      const answer = await ask(`${tiny.ops}/readyz`);
      return answer.status === 200 && answer;
    });
    expect(ready.body).toMatchObject({
      status: 'ready',
      checks: { nats: { ok: true }, postgres: { ok: true }, consumers: { ok: true } },
    });
    await send({ n: 1, takesMs: 0 });
    await until(() => said(tiny, 'done').includes(1));
    const metrics = await until(async () => {
      const text = await (await fetch(`${tiny.ops}/metrics`)).text();
      return text.includes(`actor_attempts_total{actor="${TINY}",outcome="ok"} 1`) && text;
    });
    expect(metrics).toMatch(new RegExp(`consumer\\w*\\{[^}]*${TINY}`));
    expect((await fetch(`${tiny.ops}/nothing`)).status).toBe(404);
  });

  test('told to stop, finishes what is in hand and what was asked, and ends with 0', async () => {
    const tiny = await started();
    await send({ n: 10, takesMs: 300 });
    // Longer than anything else in hand: the answer alone keeps the process.
    const answer = request(bus, slowly, { n: 11, takesMs: 1_500 });
    await until(() => said(tiny, 'begun').includes(10) && said(tiny, 'asked').includes(11));
    tiny.child.kill('SIGTERM');
    expect(await answer).toEqual({ n: 11 });
    expect(await tiny.exited).toBe(0);
    expect(said(tiny, 'done')).toEqual([10]);
    expect(tiny.lines.map(({ msg }) => msg).filter((msg) => String(msg).startsWith('service.'))).toEqual([
      'service.ready',
      'service.draining',
      'service.stopped',
    ]);
    await until(async () => (await bus.jsm.consumers.info('ACTIONS', TINY)).num_ack_pending === 0);
  });

  test('cuts what outlasts its grace, ends with 0, and the next one does it', async () => {
    const tiny = await started({ TECHNO_GRACE_MS: '300' });
    await send({ n: 20, takesMs: 60_000 });
    await until(() => said(tiny, 'begun').includes(20));
    const toldAt = performance.now();
    tiny.child.kill('SIGTERM');
    tiny.child.kill('SIGINT');
    expect(await tiny.exited).toBe(0);
    expect(performance.now() - toldAt).toBeLessThan(5_000);
    expect(said(tiny, 'done')).toEqual([]);
    const other = await started();
    await until(() => said(other, 'begun').includes(20));
  });

  test('without NATS lives, is not ready, names what it misses, and recovers', async () => {
    const tiny = await started();
    await until(async () => (await ask(`${tiny.ops}/readyz`)).status === 200);
    await nats.pause();
    try {
      const away = await until(async () => {
        const answer = await ask(`${tiny.ops}/readyz`);
        return answer.status === 503 && !answer.body.checks['nats']?.ok && answer;
      });
      expect(away.body).toMatchObject({ status: 'not_ready', checks: { nats: { ok: false }, postgres: { ok: true } } });
      expect((await ask(`${tiny.ops}/healthz`)).status).toBe(200);
      const metrics = await (await fetch(`${tiny.ops}/metrics`)).text();
      expect(metrics).toMatch(/healthcheck_failures_total\{check="nats"\} [1-9]/);
    } finally {
      await nats.start();
    }
    await until(async () => (await ask(`${tiny.ops}/readyz`)).status === 200);
    await until(() => bus.connected());
    await send({ n: 30, takesMs: 0 });
    await until(() => said(tiny, 'done').includes(30));
  });

  test('without NATS still stops when it is told to', async () => {
    const tiny = await started({ TECHNO_GRACE_MS: '500' });
    await nats.pause();
    try {
      const toldAt = performance.now();
      tiny.child.kill('SIGTERM');
      expect(await tiny.exited).toBe(0);
      expect(performance.now() - toldAt).toBeLessThan(10_000);
    } finally {
      await nats.start();
    }
  });
});

describe('a start that cannot succeed says code, cause and fix in one line, and ends with 1', () => {
  test.each<[string, () => Record<string, string>, string, string]>([
    ['settings', () => ({ NATS_URL: '', TECHNO_OPS_PORT: 'x' }), 'CONFIG_INVALID', 'NATS_URL is not set'],
    ['no NATS', () => ({ NATS_URL: 'nats://u:topsecret@127.0.0.1:1' }), 'NATS_UNREACHABLE', '127.0.0.1:1'],
    ['no Postgres', () => ({ DATABASE_URL: 'postgres://u:topsecret@127.0.0.1:1/x' }), 'POSTGRES_UNREACHABLE', 'ECONNREFUSED'],
    [
      'a wrong password',
      () => ({ DATABASE_URL: database.url('executor').replace(':test@', ':topsecret@') }),
      'POSTGRES_UNREACHABLE',
      '',
    ],
  ])('%s', async (_name, env, code, cause) => {
    const tiny = await start(env());
    expect(await tiny.exited).toBe(1);
    expect(fatal(tiny)).toMatchObject({
      service: 'executor',
      code,
      msg: 'service.failed',
      fix: expect.stringMatching(/\w+/) as string,
    });
    expect(fatal(tiny)?.['error']).toContain(cause);
    expect(JSON.stringify(tiny.lines)).not.toContain('topsecret');
  });

  test('a port that is taken', async () => {
    const one = await started();
    const other = await start({ TECHNO_OPS_PORT: new URL(one.ops).port });
    expect(await other.exited).toBe(1);
    expect(fatal(other)).toMatchObject({ msg: 'service.failed' });
    expect(fatal(other)?.['fix']).toBeTruthy();
  });
});
