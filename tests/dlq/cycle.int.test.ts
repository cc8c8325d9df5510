import { until } from '@techno/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Answer } from '../support/client.ts';
import { type Stack, startStack } from '../support/stack.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

type Letter = Answer['body'];

let upstream: Upstream;
let stack: Stack;

beforeAll(async () => {
  upstream = await startUpstream();
  stack = await startStack({ env: { executor: { TECHNO_EGRESS_ALLOW: upstream.host } } });
  await stack.start('dlq-replayer');
  await stack.applyPolicy((policy) => {
    policy.upstreams = { shop: { baseUrl: upstream.url } };
    policy.actions['order'] = {
      payload: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
      result: { type: 'object' },
      executors: ['http_executor_v1'],
      // Two attempts: the five failures that open a breaker are not reached.
      retryDelaysMs: [50],
      http: { upstream: 'shop', method: 'POST', path: '/orders', body: { id: '{{payload.id}}' }, effect: 'keyed' },
    };
    policy.roles['buyer'] = { allow: [{ actions: ['order'], contexts: ['*'] }] };
    policy.roles['hasty'] = { ...policy.roles['buyer'], limits: { perMinute: 1 } };
  });
}, 60_000);

afterAll(async () => {
  await stack?.stop();
  await upstream?.[Symbol.asyncDispose]();
});

const admin = () => ({ key: stack.rootKey });
const get = async (path: string) => (await stack.call('GET', path, admin())).body;
const post = async (path: string, body: unknown = {}) => (await stack.call('POST', path, { ...admin(), body })).body;

/** Asks for an order while the upstream is down, and waits until its dead letter is listed. */
async function failedOrder(id: string, key = stack.rootKey): Promise<{ traceId: string; letter: Letter }> {
  upstream.broken = true;
  const answer = await stack.submit('order', { id }, { key });
  expect(answer.status).toBe(502);
  const traceId = String(answer.body['trace_id']);
  const letter = await until(async () => (await get(`/v1/dead-letters?trace_id=${traceId}`))['dead_letters']?.[0]);
  upstream.broken = false;
  return { traceId, letter };
}

const settled = (id: number, status: string) =>
  until(async () => {
    const letter = await get(`/v1/dead-letters/${id}`);
    return letter['status'] === status ? letter : undefined;
  });

it('fails, is retried, dead-lettered, grouped, mended, replayed and completed: one effect, one chain', async () => {
  const { traceId, letter } = await failedOrder('a-1');
  expect(letter).toMatchObject({
    status: 'pending',
    job_name: 'order',
    actor: 'execute-http_executor_v1',
    error_code: 'UPSTREAM_STATUS_503',
    attempts: 2,
    retry_count: 0,
    trace_id: traceId,
  });
  const { groups } = await get(`/v1/dead-letters/groups?signature=${letter['error_signature']}`);
  expect(groups).toEqual([
    expect.objectContaining({ signature: letter['error_signature'], count: 1, error_code: 'UPSTREAM_STATUS_503' }),
  ]);

  expect(await post(`/v1/dead-letters/${letter['id']}/replay`)).toMatchObject({ status: 'replaying', replay: 1 });
  const replayed = await settled(letter['id'], 'replayed');
  expect(replayed['history'].map(({ action }: { action: string }) => action)).toEqual(['failed', 'replay_requested', 'replayed']);
  expect(await stack.ended(traceId)).toMatchObject({ status: 'COMPLETED', replays: 1, result: { id: 'a-1', ok: true } });
  expect(upstream.effects.get('a-1')).toBe(1);

  const audit = await until(async () => {
    const found = await get(`/v1/actions/${traceId}/audit`);
    const acts = (found['rows'] as { events: { data: Record<string, unknown> }[] }[]).flatMap(({ events }) =>
      events.flatMap(({ data }) => data['action'] ?? []),
    );
    return acts.includes('replayed') ? found : undefined;
  });
  expect(audit['verified']).toBe(true);
  const events = (audit['rows'] as { events: { event: string }[] }[]).flatMap((row) => row.events.map(({ event }) => event));
  for (const event of ['REQUEST_START', 'DECISION', 'ACTION_FAILED', 'DEAD_LETTERED', 'ACTION_EXECUTED'])
    expect(events).toContain(event);
  expect(events.filter((event) => event === 'ACTION_EXECUTED')).toHaveLength(1);
});

it('a replay that fails again is pending again, and counts', async () => {
  const { letter } = await failedOrder('a-2');
  upstream.broken = true;
  await post(`/v1/dead-letters/${letter['id']}/replay`);
  const again = await until(async () => {
    const now = await get(`/v1/dead-letters/${letter['id']}`);
    return now['retry_count'] === 1 && now['history'].filter(({ action }: { action: string }) => action === 'failed').length === 2
      ? now
      : undefined;
  });
  expect(again).toMatchObject({ status: 'pending', replay: 1, attempts: 2, error_code: 'UPSTREAM_STATUS_503' });
  expect((await get(`/v1/dead-letters?job_name=order&status=pending&text=503`))['dead_letters']).toHaveLength(1);
  upstream.broken = false;
  await post(`/v1/dead-letters/${letter['id']}/replay`);
  await settled(letter['id'], 'replayed');
  expect(upstream.effects.get('a-2')).toBe(1);
});

it('a replay whose key was revoked meanwhile is denied, and discarded with that reason', async () => {
  const buyer = await stack.newKey('buyer');
  const { traceId, letter } = await failedOrder('a-3', buyer.key);
  await post(`/v1/keys/${buyer.id}/revoke`);
  await post(`/v1/dead-letters/${letter['id']}/replay`);
  expect(await settled(letter['id'], 'discarded')).toMatchObject({ reason: 'AUTHENTICATION_REVOKED' });
  expect(await stack.ended(traceId)).toMatchObject({ status: 'DENIED', reason_codes: ['AUTHENTICATION_REVOKED'] });
  expect(upstream.effects.has('a-3')).toBe(false);
});

it('an edited replay runs with the new payload and keeps the old one', async () => {
  const { letter } = await failedOrder('a-4');
  await post(`/v1/dead-letters/${letter['id']}/replay`, { payload: { id: 'a-4-corrected' } });
  const replayed = await settled(letter['id'], 'replayed');
  const edit = replayed['history'].find(({ action }: { action: string }) => action === 'edited');
  expect(edit.data).toMatchObject({ diff: [{ path: '/id', before: 'a-4', after: 'a-4-corrected' }] });
  expect(JSON.parse(edit.data.before).request.payload).toEqual({ id: 'a-4' });
  expect([...upstream.effects.keys()]).toContain('a-4-corrected');
  expect(upstream.effects.has('a-4')).toBe(false);
});

it('every denial discards, also one of the moment; what was discarded is replayed where that is asked for outright', async () => {
  const hasty = await stack.newKey('hasty');
  const { letter } = await failedOrder('a-6', hasty.key);
  const path = `/v1/dead-letters/${letter['id']}`;
  await post(`${path}/replay`);
  expect(await settled(letter['id'], 'discarded')).toMatchObject({ reason: 'RATE_LIMIT_EXCEEDED', retry_count: 0 });
  expect(await post(`${path}/replay`, { reopen: true })).toMatchObject({ status: 'replaying', replay: 2 });
  await settled(letter['id'], 'discarded');

  await stack.applyPolicy((policy) => void (policy.roles['hasty'] = { ...policy.roles['buyer']! }));
  const filter = { status: 'discarded', reason: 'RATE_LIMIT_EXCEEDED' };
  expect(await post('/v1/replay-jobs', { filter })).toMatchObject({ count: 1, jobs: [{ status: 'running' }] });
  const { history } = await settled(letter['id'], 'replayed');
  expect(history.map(({ action, by }: Letter) => [action, by]).slice(1)).toEqual([
    ['replay_requested', expect.stringMatching(/^key_/)],
    ['discarded', 'gates'],
    ['replay_requested', expect.stringMatching(/^key_/)],
    ['discarded', 'gates'],
    ['replay_requested', expect.stringMatching(/^key_/)],
    ['replayed', 'executor'],
  ]);
  expect(upstream.effects.get('a-6')).toBe(1);
});

it('what was dealt with is not dealt with again', async () => {
  const { letter } = await failedOrder('a-5');
  const path = `/v1/dead-letters/${letter['id']}`;
  expect(await post(`${path}/discard`, { reason: 'sent by hand' })).toEqual({ count: 1 });
  expect(await get(path)).toMatchObject({ status: 'discarded', reason: 'sent by hand' });
  const again = await stack.call('POST', `${path}/replay`, { ...admin(), body: {} });
  expect([again.status, again.body['code']]).toEqual([409, 'DEAD_LETTER_STATE']);
  expect((await stack.call('GET', '/v1/dead-letters/999999', admin())).status).toBe(404);
});
