import { setTimeout as delay } from 'node:timers/promises';
import { withConnection } from '@techno/embedded';
import { until } from '@techno/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Stack, startStack } from '../support/stack.ts';
import { plantLetters } from './letters.ts';
import { startUpstream, type Upstream } from './upstream.ts';

let upstream: Upstream;
let stack: Stack;
let owner: { id: string; role: string };

beforeAll(async () => {
  upstream = await startUpstream();
  stack = await startStack({
    env: {
      executor: { TECHNO_EGRESS_ALLOW: upstream.host, TECHNO_LOG_LEVEL: 'warn' },
      'gate-engine': { TECHNO_LOG_LEVEL: 'warn' },
    },
  });
  await stack.start('dlq-replayer', { TECHNO_LOG_LEVEL: 'warn' });
  await stack.applyPolicy((policy) => {
    policy.upstreams = { shop: { baseUrl: upstream.url } };
    policy.actions['order'] = {
      payload: { type: 'object' },
      result: { type: 'object' },
      executors: ['http_executor_v1'],
      http: { upstream: 'shop', method: 'POST', path: '/orders', body: { id: '{{payload.id}}' }, effect: 'keyed' },
    };
    policy.roles['buyer'] = { allow: [{ actions: ['order'], contexts: ['*'] }], limits: { perMinute: 1_000_000 } };
  });
  owner = { ...(await stack.newKey('buyer')), role: 'buyer' };
}, 60_000);

afterAll(async () => {
  await stack?.stop();
  await upstream?.[Symbol.asyncDispose]();
});

const get = async (path: string) => (await stack.call('GET', path, { key: stack.rootKey })).body;
const post = (path: string, body?: unknown) =>
  stack.call('POST', path, { key: stack.rootKey, ...(body === undefined ? {} : { body }) });
const job = (id: string) => get(`/v1/replay-jobs/${id}`);

/** Plants letters and waits until all of them are stored. */
async function planted(prefix: string, count: number, actor: string): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  await plantLetters(stack.nats.url, owner, { ids, actor, code: 'UPSTREAM_STATUS_503' });
  await until(async () => (await post('/v1/replay-jobs', { filter: { actor }, dry_run: true })).body['count'] === count, {
    timeoutMs: 30_000,
  });
  return ids;
}

it('10,000 at 200 a second: counted, grouped, paced, seen, paused, resumed and cancelled within a second', async () => {
  const actor = 'execute-http_executor_v1';
  await planted('many', 10_000, actor);
  const { groups } = await get('/v1/dead-letters/groups');
  expect(groups).toEqual([expect.objectContaining({ actor, count: 10_000, error_code: 'UPSTREAM_STATUS_503' })]);

  const asked = { filter: { actor }, rate_per_second: 200 };
  const made = await post('/v1/replay-jobs', asked);
  expect(made.status).toBe(202);
  const [{ id }] = made.body['jobs'];
  expect((await post('/v1/replay-jobs', asked)).body['code']).toBe('REPLAY_JOB_ACTIVE');

  const from = await until(async () => {
    const { progress } = await job(id);
    return progress.sent > 0 ? { sent: Number(progress.sent), at: performance.now() } : undefined;
  });
  await delay(2_000);
  const seen = await job(id);
  const perSecond = ((seen['progress'].sent - from.sent) * 1_000) / (performance.now() - from.at);
  expect(perSecond).toBeGreaterThan(130);
  expect(perSecond).toBeLessThan(240);
  expect(seen).toMatchObject({ status: 'running', progress: { total: 10_000, failed_again: 0, discarded: 0 } });
  expect(seen['progress'].replayed).toBeGreaterThan(0);

  expect((await post(`/v1/replay-jobs/${id}/pause`)).body['status']).toBe('paused');
  expect((await post(`/v1/replay-jobs/${id}/resume`)).body['status']).toBe('running');
  const resumed = (await job(id))['progress'].sent;
  await until(async () => (await job(id))['progress'].sent > resumed);

  expect((await post(`/v1/replay-jobs/${id}/cancel`)).body['status']).toBe('cancelled');
  await delay(1_000);
  const { sent } = (await job(id))['progress'];
  await until(async () => (await job(id))['progress'].under_way === 0, { timeoutMs: 15_000 });
  expect((await job(id))['progress']).toMatchObject({ sent, replayed: sent });
  expect(upstream.effects.size).toBe(sent);
  // Oldest first.
  expect(upstream.effects.has('many-0')).toBe(true);
  expect((await post(`/v1/replay-jobs/${id}/resume`)).body['code']).toBe('REPLAY_JOB_STATE');
}, 60_000);

it('kill -9 in the middle: another replayer goes on, and nothing is done twice', async () => {
  const actor = 'execute-killed';
  const ids = await planted('killed', 400, actor);
  const { body } = await post('/v1/replay-jobs', { filter: { actor }, rate_per_second: 200 });
  const [{ id }] = body['jobs'];
  await until(async () => (await job(id))['progress'].sent >= 100);
  await stack.process('dlq-replayer').kill();
  const { sent } = await withConnection(
    stack.database.adminUrl,
    async (client) => (await client.query<{ sent: number }>('select sent from replay_jobs where id = $1', [id])).rows[0]!,
  );
  expect(sent).toBeLessThan(400);

  await stack.start('dlq-replayer', { TECHNO_LOG_LEVEL: 'warn' });
  const done = await until(
    async () => {
      const now = await job(id);
      return now['status'] === 'completed' && now['progress'].under_way === 0 ? now : undefined;
    },
    { timeoutMs: 30_000 },
  );
  expect(done['progress']).toMatchObject({ total: 400, sent: 400, replayed: 400, failed_again: 0 });
  expect(ids.filter((one) => upstream.served.get(one) !== 1)).toEqual([]);
  await withConnection(stack.database.adminUrl, async (client) => {
    const twice = await client.query('select trace_id from decisions group by trace_id having count(*) > 1');
    expect(twice.rows).toEqual([]);
  });
}, 60_000);
