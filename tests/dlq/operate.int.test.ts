import { createTransport, connectBus } from '@techno/jetstream';
import { until } from '@techno/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Answer } from '../support/client.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { plantLetters } from './letters.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

type Letter = Answer['body'];

let upstream: Upstream;
let stack: Stack;
let owner: { id: string; role: string };

beforeAll(async () => {
  upstream = await startUpstream();
  stack = await startStack({ env: { executor: { TECHNO_EGRESS_ALLOW: upstream.host } } });
  await stack.start('dlq-replayer');
  await stack.applyPolicy((policy) => {
    policy.upstreams = { shop: { baseUrl: upstream.url }, office: { baseUrl: upstream.url } };
    const action = { payload: {}, result: {}, executors: ['http_executor_v1'], retryDelaysMs: [50] };
    const http = { method: 'POST', body: { id: '{{payload.id}}' } } as const;
    policy.actions['order'] = { ...action, http: { ...http, upstream: 'shop', path: '/orders' } };
    policy.actions['lost'] = { ...action, http: { ...http, upstream: 'office', path: '/missing' } };
    policy.actions['late'] = { ...action, http: { ...http, upstream: 'office', path: '/late' } };
    policy.roles['buyer'] = { allow: [{ actions: ['*'], contexts: ['*'] }], limits: { perMinute: 100_000 } };
    policy.deadLetters = {
      notify: ['operations'],
      autoReplay: [
        { codes: ['CAPPED', 'UPSTREAM_REJECTED'], delayMs: 50, maxAttempts: 1 },
        { codes: ['MENDS_ITSELF'], kinds: ['temporary'], delayMs: 50, maxAttempts: 3 },
        { codes: ['UPSTREAM_STATUS_*'], delayMs: 2_000, maxAttempts: 3 },
      ],
    };
  });
  owner = { ...(await stack.newKey('buyer')), role: 'buyer' };
}, 60_000);

afterAll(async () => {
  await stack?.stop();
  await upstream?.[Symbol.asyncDispose]();
});

const get = async (path: string) => (await stack.call('GET', path, { key: stack.rootKey })).body;
const post = async (path: string, body: unknown = {}) => (await stack.call('POST', path, { key: stack.rootKey, body })).body;
const only = (query: string, holds: (letter: Letter) => boolean = () => true) =>
  until(async () => {
    const [letter] = (await get(`/v1/dead-letters?${query}`))['dead_letters'] ?? [];
    return letter !== undefined && holds(letter) ? (letter as Letter) : undefined;
  });

it('the policy replays what it names by itself', async () => {
  await plantLetters(stack.nats.url, owner, {
    ids: ['mends'],
    actor: 'execute-http_executor_v1',
    code: 'MENDS_ITSELF',
    action: 'late',
  });
  const { id } = await only('code=MENDS_ITSELF', ({ status }) => status === 'replayed');
  expect(upstream.effects.get('mends')).toBe(1);
  const { history } = await get(`/v1/dead-letters/${id}`);
  expect(history[1]).toMatchObject({ action: 'replay_requested', by: 'policy' });
});

it('past the cap it is a permanent failure, which an operator may still replay', async () => {
  await plantLetters(stack.nats.url, owner, {
    ids: ['capped'],
    actor: 'execute-http_executor_v1',
    code: 'CAPPED',
    action: 'lost',
  });
  const letter = await only('job_name=lost', ({ status }) => status === 'permanent_failure');
  expect(letter).toMatchObject({ error_code: 'UPSTREAM_REJECTED', retry_count: 1, reason: '1 replays failed' });
  const bus = await connectBus({ url: stack.nats.url, name: 'reader' });
  const told = await until(() => bus.jsm.streams.getMessage('NOTIFICATIONS', { last_by_subj: 'notification.requested' }));
  expect(told.json()).toMatchObject({ notification_id: `ntf_dlq.${letter['id']}.1`, request: { recipients: ['operations'] } });
  await bus.close();
  expect(await post(`/v1/dead-letters/${letter['id']}/replay`)).toMatchObject({ status: 'replaying', replay: 2 });
  await only('job_name=lost', ({ status, retry_count }) => status === 'permanent_failure' && retry_count === 2);
});

it('nothing is replayed by itself against an open breaker', async () => {
  upstream.broken = true;
  const first = await Promise.all(['b-1', 'b-2'].map((id) => stack.submit('order', { id })));
  expect(first.map(({ status }) => status)).toEqual([502, 502]);
  await stack.submit('order', { id: 'b-3' }, { headers: { prefer: 'respond-async' } });
  await until(() => stack.process('executor').log().includes('"state":"open"'));
  const waiting = await only(
    'job_name=order&status=pending',
    ({ scheduled_for: at, last_failure_at: failed }) => Date.parse(at) - Date.parse(failed) > 4_000,
  );
  expect(waiting).toMatchObject({ retry_count: 0, replay: 0 });
  expect(
    (await post('/v1/dead-letters/discard', { filter: { job_name: 'order' }, reason: 'test', dry_run: true }))['count'],
  ).toBe(2);
  expect((await post('/v1/dead-letters/discard', { filter: { job_name: 'order' }, reason: 'test' }))['count']).toBe(2);
  upstream.broken = false;
});

it('poison is quarantined as bytes, left out of bulk replays, and comes back if it is sent again', async () => {
  const bus = await connectBus({ url: stack.nats.url, name: 'poisoner' });
  await createTransport(bus).publish({
    subject: 'action.requested.api',
    stream: 'ACTIONS',
    id: 'poison',
    headers: { 'ce-id': 'poison', 'ce-type': 'action.requested' },
    data: 'not { json',
  });
  await bus.close();
  const letter = await only('quarantined=true&actor=decide-action');
  expect(letter).toMatchObject({ error_code: 'MESSAGE_UNPARSEABLE', error_kind: 'unparseable', status: 'pending' });
  expect(await get(`/v1/dead-letters/${letter['id']}`)).toMatchObject({
    payload: Buffer.from('not { json').toString('base64'),
    encoding: 'base64',
  });
  expect((await post('/v1/replay-jobs', { filter: { actor: 'decide-action' }, dry_run: true }))['count']).toBe(0);

  // To its actor alone: the auditor, which could not read it either, has a dead letter of its own.
  await post(`/v1/dead-letters/${letter['id']}/replay`);
  await only('actor=decide-action', ({ status, retry_count }) => status === 'pending' && retry_count === 1);
  const others = await only('actor=record-actions', ({ status, retry_count }) => status === 'pending' && retry_count === 0);
  await post(`/v1/dead-letters/${others['id']}/replay`);
  await only('actor=record-actions', ({ status, retry_count }) => status === 'pending' && retry_count === 1);
  expect((await get('/v1/dead-letters?quarantined=true'))['dead_letters']).toHaveLength(2);
});

it('everything can be taken out whole, and what was dealt with can be deleted', async () => {
  const listed: number[] = [];
  let cursor: number | undefined;
  do {
    const page = await get(`/v1/dead-letters/export?limit=2${cursor === undefined ? '' : `&cursor=${cursor}`}`);
    for (const { id, headers, payload } of page['dead_letters']) {
      listed.push(id);
      expect(headers).toBeTypeOf('object');
      expect(payload).toBeDefined();
    }
    cursor = page['next'];
  } while (cursor !== undefined);
  const { dead_letters: all } = await get('/v1/dead-letters?limit=500');
  expect(listed).toEqual(all.map(({ id }: { id: number }) => id).toReversed());

  const asked = { status: 'discarded', older_than: new Date().toISOString() };
  // What the audit trail has not been told yet is kept.
  await until(async () => (await post('/v1/dead-letters/purge', asked))['count'] + 0 === 2);
  expect((await get('/v1/dead-letters?status=discarded'))['dead_letters']).toEqual([]);
});

it('needs the permissions', async () => {
  const { key } = await stack.newKey('buyer');
  for (const [method, path] of [
    ['GET', '/v1/dead-letters'],
    ['POST', '/v1/dead-letters/1/replay'],
    ['POST', '/v1/replay-jobs'],
  ] as const) {
    const body = path.endsWith('jobs') ? { filter: {} } : {};
    const answer = await stack.call(method, path, { key, ...(method === 'POST' ? { body } : {}) });
    expect([answer.status, answer.body['code']]).toEqual([403, 'PERMISSION_MISSING']);
  }
});

it('says what waits in its metrics', async () => {
  const text = await until(async () => {
    const seen = await (await fetch(`${stack.process('dlq-replayer').ops}/metrics`)).text();
    return seen.includes('dead_letters_pending{actor="decide-action"} 1') ? seen : undefined;
  });
  expect(text).toMatch(/replays_total\{actor="execute-http_executor_v1",outcome="completed"\} 1/);
  expect(text).toMatch(/dead_letters_oldest_seconds\{actor="decide-action"\} \d/);
});
