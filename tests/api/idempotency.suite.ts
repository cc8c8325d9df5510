import { until } from '@techno/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, call } from '../support/client.ts';
import { expectProblem } from '../support/problem.ts';
import type { ServiceProcess } from '../support/service-process.ts';
import { stack } from './shared-stack.ts';

let other: ServiceProcess;

beforeAll(() => {
  other = stack.processes.filter(({ service }) => service === 'gateway')[1]!;
});

let made = 0;
const newKey = () => `order-${++made}`;
const body = (payload: unknown) => ({ action: 'echo', context_id: 'default', payload });

function send(
  idempotencyKey: string,
  payload: unknown,
  options: { at?: string; key?: string; prefer?: string } = {},
): Promise<Answer> {
  return call(options.at ?? stack.url, 'POST', '/v1/process', {
    key: options.key ?? stack.rootKey,
    body: body(payload),
    headers: { 'idempotency-key': idempotencyKey, ...(options.prefer === undefined ? {} : { prefer: options.prefer }) },
  });
}

/** Sends it while no executor answers: it is accepted, and under way until `go` is called. */
async function underWay(idempotencyKey: string, payload: unknown, at: ServiceProcess) {
  const { pid } = stack.process('executor');
  process.kill(pid, 'SIGSTOP');
  const accepted = () => at.log().split('"REQUEST_START"').length;
  const before = accepted();
  const answer = send(idempotencyKey, payload, { at: at.url }).catch(() => undefined);
  await until(() => accepted() > before, { what: 'the acceptance' });
  return { answer, go: () => process.kill(pid, 'SIGCONT') };
}

/** The same answer, said to be a repeat. */
function expectReplayed(first: Answer, again: Answer): void {
  expect(first.headers.get('idempotency-replayed')).toBeNull();
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(again.status).toBe(first.status);
  expect(again.text).toBe(first.text);
  expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
}

describe('the same key with the same body', () => {
  it('gets the first answer again, from any replica, and nothing runs twice', async () => {
    const key = newKey();
    const first = await send(key, { n: 1 });
    expect(first.status).toBe(200);
    expectReplayed(first, await send(key, { n: 1 }));
    expectReplayed(first, await send(key, { n: 1 }, { at: other.url }));
    const traceId = String(first.body['trace_id']);
    await stack.ended(traceId);
    const { body: audit } = await stack.call('GET', `/v1/actions/${traceId}/audit`, { key: stack.rootKey });
    const events = audit['rows'].flatMap((row: { events: { event: string }[] }) => row.events.map(({ event }) => event));
    expect(events.filter((event: string) => event === 'ACTION_STARTED')).toHaveLength(1);
  });

  it('gets a denial again too, and a 202', async () => {
    const denied = newKey();
    const request = () =>
      stack.call('POST', '/v1/process', {
        key: stack.rootKey,
        body: { action: 'fly', context_id: 'default', payload: {} },
        headers: { 'idempotency-key': denied },
      });
    const first = await request();
    expectProblem(first, 403, 'ACTION_UNKNOWN');
    expectReplayed(first, await request());

    const async = newKey();
    const accepted = await send(async, {}, { prefer: 'respond-async' });
    const repeated = await send(async, {}, { prefer: 'respond-async' });
    expectReplayed(accepted, repeated);
    expect(repeated.headers.get('location')).toBe(accepted.headers.get('location'));
  });

  it('survives the restart of the gateway', async () => {
    const key = newKey();
    const replica = await stack.start('gateway');
    const first = await send(key, { kept: true }, { at: replica.url });
    await replica.stop();
    expectReplayed(first, await send(key, { kept: true }));
    const fresh = await stack.start('gateway');
    expectReplayed(first, await send(key, { kept: true }, { at: fresh.url }));
    await fresh.stop();
  });

  it('after its gateway was killed before it answered, the record answers', async () => {
    const key = newKey();
    const replica = await stack.start('gateway');
    const { answer: lost, go } = await underWay(key, { n: 9 }, replica);
    await replica.kill();
    expect(await lost).toBeUndefined();
    expectProblem(await send(key, { n: 9 }), 409, 'IDEMPOTENCY_KEY_IN_USE');
    go();
    await expect.poll(async () => (await send(key, { n: 9 })).status, { timeout: 20_000 }).toBe(200);
    const answer = await send(key, { n: 9 });
    expect(answer.body).toMatchObject({ status: 'COMPLETED', result: { n: 9 } });
    expect(answer.headers.get('idempotency-replayed')).toBe('true');
  });
});

it('the same key with another body is 422, at any replica', async () => {
  const key = newKey();
  await send(key, { n: 1 });
  for (const at of [stack.url, other.url]) expectProblem(await send(key, { n: 2 }, { at }), 422, 'IDEMPOTENCY_KEY_REUSED');
});

it('the same key while the first is under way is 409, at any replica', async () => {
  const key = newKey();
  const { answer, go } = await underWay(key, { n: 3 }, other);
  const early = [await send(key, { n: 3 }), await send(key, { n: 3 }, { at: other.url })];
  const otherwise = await send(key, { n: 4 });
  go();
  for (const one of early) {
    expectProblem(one, 409, 'IDEMPOTENCY_KEY_IN_USE');
    expect(one.headers.get('location')).toBe(`/v1/actions/${one.body['trace_id']}`);
    expect(one.headers.get('retry-after')).toBe('1');
  }
  expectProblem(otherwise, 422, 'IDEMPOTENCY_KEY_REUSED');
  const first = await answer;
  expect(first?.status).toBe(200);
  expectReplayed(first!, await send(key, { n: 3 }));
});

it('keys of different callers never meet', async () => {
  const key = newKey();
  const [one, two] = [await stack.newKey('developer'), await stack.newKey('developer')];
  const first = await send(key, { n: 1 }, { key: one.key });
  const second = await send(key, { n: 2 }, { key: two.key });
  expect([first.status, second.status]).toEqual([200, 200]);
  expect(second.body['trace_id']).not.toBe(first.body['trace_id']);
});

it.each(['', 'x'.repeat(256), 'zwei teile', 'schlüssel'])('the key %j is none', async (key) => {
  const answer = await send(encodeURIComponent(key) === key ? key : key.replaceAll('ü', '\u00fc'), {});
  expectProblem(answer, 400, 'IDEMPOTENCY_KEY_INVALID');
});

it('twenty at once with one key over two gateways run once', async () => {
  const key = newKey();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => send(key, { same: true }, { at: n % 2 === 0 ? stack.url : other.url })),
  );
  const statuses = new Set(answers.map(({ status }) => status));
  expect([...statuses].every((status) => status === 200 || status === 409)).toBe(true);
  const traces = new Set(answers.filter(({ status }) => status === 200).map(({ body }) => body['trace_id']));
  expect(traces.size).toBe(1);
});
