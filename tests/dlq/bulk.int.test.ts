import { withConnection } from '@techno/embedded';
import { SECOND } from '@techno/kernel';
import { until } from '@techno/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Stack, startStack } from '../support/stack.ts';
import { plantLetters } from './letters.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

const LETTERS = 10_000;
/** What a replayer is killed over: seven seconds of work. */
const KILLED_OVER = 1_500;
const PER_SECOND = 200;
/** What a driver may make up for after a slow tick. */
const SAVED = PER_SECOND / 2;
const QUIET = { TECHNO_LOG_LEVEL: 'warn' };

let upstream: Upstream;
let stack: Stack;
let owner: { id: string; role: string };

beforeAll(async () => {
  upstream = await startUpstream();
  stack = await startStack({
    env: { executor: { ...QUIET, TECHNO_EGRESS_ALLOW: upstream.host }, 'gate-engine': QUIET, gateway: QUIET, auditor: QUIET },
  });
  await stack.start('dlq-replayer', QUIET);
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

/** Until the job's progress is as wanted. Asked now and then: counting 10,000 is work, too. */
const progress = (id: string, holds: (progress: Record<string, number>, status: string) => boolean, timeoutMs = 60_000) =>
  until(
    async () => {
      const now = await job(id);
      return holds(now['progress'], now['status']) ? now : undefined;
    },
    { everyMs: 200, timeoutMs },
  );

const record = <Row extends object>(text: string, ...values: unknown[]): Promise<Row[]> =>
  withConnection(stack.database.adminUrl, async (client) => (await client.query(text, values)).rows as Row[]);

/** Plants letters and waits until all of them are stored. */
async function planted(prefix: string, actor: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  await plantLetters(stack.nats.url, owner, { ids, actor, code: 'UPSTREAM_STATUS_503' });
  await until(async () => (await post('/v1/replay-jobs', { filter: { actor }, dry_run: true })).body['count'] === count, {
    everyMs: 200,
    timeoutMs: 30_000,
  });
  return ids;
}

/** The most messages of a job that were given out within any one second, by the record. */
async function mostInASecond(id: string): Promise<number> {
  const rows = await record<{ at: Date; count: string }>(
    `select at, count(*) from worker_dlq_events where action = 'replay_requested' and data->>'job_id' = $1 group by at order by at`,
    id,
  );
  const batches = rows.map(({ at, count }) => ({ at: at.getTime(), count: Number(count) }));
  const within = ({ at: from }: { at: number }) =>
    batches.filter(({ at }) => at >= from && at < from + SECOND).reduce((sum, { count }) => sum + count, 0);
  return Math.max(...batches.map(within));
}

it('10,000 at 200 a second: counted, grouped, paced, seen, paused, resumed, and cancelled at once', async () => {
  const actor = 'execute-http_executor_v1';
  await planted('many', actor, LETTERS);
  const { groups } = await get('/v1/dead-letters/groups');
  expect(groups).toEqual([expect.objectContaining({ actor, count: LETTERS, error_code: 'UPSTREAM_STATUS_503' })]);

  const asked = { filter: { actor }, rate_per_second: PER_SECOND };
  const made = await post('/v1/replay-jobs', asked);
  expect(made.status).toBe(202);
  const [{ id }] = made.body['jobs'];
  expect((await post('/v1/replay-jobs', asked)).body['code']).toBe('REPLAY_JOB_ACTIVE');
  expect(await progress(id, ({ replayed = 0 }) => replayed > 200)).toMatchObject({
    status: 'running',
    progress: { total: LETTERS, failed_again: 0, discarded: 0 },
  });

  // Steering and giving out hold the same row: what was given out when it is answered is all there is.
  const paused = await post(`/v1/replay-jobs/${id}/pause`);
  expect(paused.body['status']).toBe('paused');
  const { sent } = paused.body['progress'];
  await progress(id, ({ under_way }) => under_way === 0);
  expect((await job(id))['progress']).toMatchObject({ sent, replayed: sent });
  expect((await post(`/v1/replay-jobs/${id}/resume`)).body['status']).toBe('running');
  await progress(id, (now) => (now['sent'] ?? 0) > sent + PER_SECOND);

  const cancelled = await post(`/v1/replay-jobs/${id}/cancel`);
  expect(cancelled.body['status']).toBe('cancelled');
  const last = cancelled.body['progress'].sent;
  expect(last).toBeLessThan(LETTERS / 2);
  await progress(id, ({ under_way }) => under_way === 0);
  expect((await job(id))['progress']).toMatchObject({ total: LETTERS, sent: last, replayed: last });
  const late = await record(
    `select d.id from worker_dlq d join replay_jobs j on j.id = d.job_id where j.id = $1 and d.published_at > j.finished_at + interval '1 second'`,
    id,
  );
  expect(late).toEqual([]);
  // Oldest first, each once.
  expect(upstream.effects.size).toBe(last);
  expect(Array.from({ length: last }, (_, index) => upstream.served.get(`many-${index}`))).toEqual(Array(last).fill(1));
  expect(await mostInASecond(id)).toBeLessThanOrEqual(PER_SECOND + SAVED);
  expect((await post(`/v1/replay-jobs/${id}/resume`)).body['code']).toBe('REPLAY_JOB_STATE');
}, 150_000);

it('1,500 at 200 a second, kill -9 in the middle: another replayer goes on, and nothing is done twice', async () => {
  const actor = 'execute-killed';
  const ids = await planted('killed', actor, KILLED_OVER);
  const { body } = await post('/v1/replay-jobs', { filter: { actor }, rate_per_second: PER_SECOND });
  const [{ id }] = body['jobs'];
  await progress(id, ({ sent = 0 }) => sent >= KILLED_OVER * 0.2, 60_000);
  await stack.process('dlq-replayer').kill();
  const [left] = await record<{ sent: number; status: string }>('select sent, status from replay_jobs where id = $1', id);
  expect(left).toMatchObject({ status: 'running' });
  expect(left?.sent).toBeLessThan(KILLED_OVER * 0.8);

  await stack.start('dlq-replayer', QUIET);
  const done = await progress(id, ({ under_way }, status) => status === 'completed' && under_way === 0, 120_000);
  expect(done['progress']).toMatchObject({
    total: KILLED_OVER,
    sent: KILLED_OVER,
    replayed: KILLED_OVER,
    failed_again: 0,
    discarded: 0,
  });
  // At the upstream, which counts repeats too; and in the record.
  expect(ids.filter((one) => upstream.served.get(one) !== 1)).toEqual([]);
  const [counted] = await record(
    `select count(*)::int as replays, count(distinct trace_id)::int as actions from decisions where trace_id in
      (select trace_id from worker_dlq where job_id = $1)`,
    id,
  );
  expect(counted).toEqual({ replays: KILLED_OVER, actions: KILLED_OVER });
  expect(await mostInASecond(id)).toBeLessThanOrEqual(PER_SECOND + SAVED);
}, 150_000);
