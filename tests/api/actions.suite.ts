import { beforeAll, describe, expect, it } from 'vitest';
import { until } from '@techno/testkit';
import { expectProblem } from '../support/problem.ts';
import { stack } from './shared-stack.ts';
import { WHOLE_ACTION } from './whole-action.ts';

let one: { id: string; key: string };
let two: { id: string; key: string };

beforeAll(async () => {
  [one, two] = [await stack.newKey('developer'), await stack.newKey('developer')];
});

const submit = async (key: string, action = 'echo', payload: unknown = {}) => {
  const { body } = await stack.submit(action, payload, { key });
  const traceId = String(body['trace_id']);
  await stack.ended(traceId, key);
  return traceId;
};
const get = (path: string, key = one.key) => stack.call('GET', path, { key });
interface Listed {
  trace_id: string;
  status: string;
  action: string;
}
const list = async (query: string, key = one.key) => {
  const { status, body } = await get(`/v1/actions${query}`, key);
  expect(status).toBe(200);
  return body as { actions: Listed[]; next?: string };
};

describe('GET /v1/actions/{trace_id}', () => {
  it('tells what became of an action', async () => {
    const traceId = await submit(one.key, 'echo', { n: 1 });
    const { body } = await get(`/v1/actions/${traceId}`);
    expect(body).toEqual({
      trace_id: traceId,
      status: 'COMPLETED',
      action: 'echo',
      context_id: 'default',
      origin: 'api',
      principal: one.id,
      decision_id: expect.stringMatching(/^dec_/),
      executor_id: 'echo_executor_v1',
      result: { n: 1 },
      replays: 0,
      received_at: expect.any(String),
      decided_at: expect.any(String),
      finished_at: expect.any(String),
      execution_time_ms: expect.any(Number),
    });
  });

  it('of another key is not there, and reads the same as one that never was', async () => {
    const foreign = await submit(two.key);
    const [hidden, missing] = [await get(`/v1/actions/${foreign}`), await get(`/v1/actions/tr_${'ab'.repeat(16)}`)];
    for (const answer of [hidden, missing, await get(`/v1/actions/${foreign}/audit`)])
      expectProblem(answer, 404, 'ACTION_NOT_FOUND');
    const { trace_id: _1, detail: first, ...rest } = hidden.body;
    const { trace_id: _2, detail: second, ...other } = missing.body;
    expect(rest).toEqual(other);
    expect(String(first).replace(foreign, '')).toBe(String(second).replace(`tr_${'ab'.repeat(16)}`, ''));
    expect((await get(`/v1/actions/${foreign}`, stack.rootKey)).status).toBe(200);
  });

  it.each(['tr_short', '..%2f..%2fetc', "tr_' or 1=1"])('refuses what is no trace id: %s', async (id) => {
    expectProblem(await get(`/v1/actions/${encodeURIComponent(id)}`), 400, 'VALIDATION_FAILED');
  });
});

describe('GET /v1/actions', () => {
  it('pages through a key`s own actions, newest first, without gap or repeat', async () => {
    const { key } = await stack.newKey('developer');
    const made: string[] = [];
    for (let n = 0; n < 7; n++) made.push(await submit(key));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await list(`?limit=3${cursor === undefined ? '' : `&cursor=${cursor}`}`, key);
      expect(page.actions.length).toBeLessThanOrEqual(3);
      seen.push(...page.actions.map(({ trace_id: id }) => id));
      cursor = page.next;
    } while (cursor !== undefined);
    expect(seen).toEqual(made.toReversed());
  });

  it('filters by status, action and time', async () => {
    const { key } = await stack.newKey('developer');
    const done = await submit(key);
    const denied = await submit(key, 'fly');
    const between = new Date().toISOString();
    await until(() => Date.now() > Date.parse(between));
    const later = await submit(key);
    const ids = async (query: string) => (await list(query, key)).actions.map(({ trace_id: id }) => id);
    expect(await ids('?status=DENIED')).toEqual([denied]);
    expect(await ids('?action=echo')).toEqual([later, done]);
    expect(await ids(`?from=${between}`)).toEqual([later]);
    expect(await ids(`?to=${between}&status=COMPLETED`)).toEqual([done]);
    expect(await ids('?action=nothing')).toEqual([]);
  });

  it('shows only own actions, and everybody`s to who may read them', async () => {
    const [own, foreign] = [await submit(one.key), await submit(two.key)];
    const mine = (await list('?limit=200')).actions.map(({ trace_id: id }) => id);
    expect(mine).toContain(own);
    expect(mine).not.toContain(foreign);
    const all = (await list('?limit=200', stack.rootKey)).actions.map(({ trace_id: id }) => id);
    expect(all).toEqual(expect.arrayContaining([own, foreign]));
  });

  it.each(['?limit=0', '?limit=201', '?status=DONE', '?from=yesterday', '?cursor=1', '?limit=x'])('refuses %s', async (query) => {
    expectProblem(await get(`/v1/actions${query}`), 400, 'VALIDATION_FAILED');
  });
});

describe('GET /v1/actions/{trace_id}/audit', () => {
  interface Row {
    seq: number;
    hash: string;
    intact: boolean;
    events: { event: string; at: string; trace_id: string; data: Record<string, unknown> }[];
  }
  const auditOf = (traceId: string, last: string) =>
    until(async () => {
      const { body } = await get(`/v1/actions/${traceId}/audit`, stack.rootKey);
      const rows = (body['rows'] ?? []) as Row[];
      const events = rows.flatMap((row) => row.events);
      return events.some(({ event }) => event === last) && { verified: body['verified'], rows, events };
    });

  it('is the verified chain of an action, its canonical events in order', async () => {
    const traceId = await submit(one.key);
    const { verified, rows, events } = await auditOf(traceId, 'REQUEST_END');
    expect(verified).toBe(true);
    expect(rows.every(({ intact, hash }) => intact && /^[0-9a-f]{64}$/.test(hash))).toBe(true);
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map(({ seq }) => seq).toSorted((a, b) => a - b));
    expect(events.map(({ event }) => event)).toEqual(WHOLE_ACTION);
    expect(events.every(({ trace_id: id }) => id === traceId)).toBe(true);
    expect(events.find(({ event }) => event === 'DECISION')?.data).toMatchObject({
      decision: 'ALLOW',
      principal: one.id,
      role: 'developer',
    });
    expect(events.at(-1)?.data).toMatchObject({ status: 200 });
  });

  it('of a denied action ends with the decision and the answer', async () => {
    const traceId = await submit(one.key, 'fly');
    const { verified, events } = await auditOf(traceId, 'REQUEST_END');
    expect(verified).toBe(true);
    expect(events.map(({ event }) => event)).toEqual(['REQUEST_START', 'GATE_EVALUATED', 'DECISION', 'REQUEST_END']);
    expect(events[2]?.data).toMatchObject({ decision: 'DENY', gate: 'G6', reason_codes: ['ACTION_UNKNOWN'] });
  });

  it('of steps has a decision and an execution for each', async () => {
    const traceId = await submit(one.key, 'summarise_and_echo', { text: 'Snow melts. Snow melts in May. Melting snow is wet.' });
    const { verified, events } = await auditOf(traceId, 'REQUEST_END');
    expect(verified).toBe(true);
    const stepsOf = (name: string) =>
      events.filter(({ event }) => event === name).map(({ data }) => (data['step'] as string | undefined) ?? 'whole');
    expect(stepsOf('DECISION').toSorted()).toEqual(['echo', 'summary', 'whole']);
    expect(stepsOf('ACTION_EXECUTED').toSorted()).toEqual(['echo', 'summary', 'whole']);
  });
});

describe('POST /v1/decisions', () => {
  it('explains gate by gate and executes, records and counts nothing', async () => {
    const { key, id } = await stack.newKey('developer', { limits: { perMinute: 1 } });
    const explain = () =>
      stack.call('POST', '/v1/decisions', { key, body: { action: 'echo', context_id: 'default', payload: { n: 1 } } });
    for (let times = 0; times < 3; times++) {
      const { status, body } = await explain();
      expect(status).toBe(200);
      expect(body).toMatchObject({ decision: 'ALLOW', executor: 'echo_executor_v1', principal: { id } });
      expect(body['gates']).toHaveLength(11);
    }
    const traceId = await submit(key);
    expect((await list('', key)).actions).toMatchObject([{ trace_id: traceId, status: 'COMPLETED' }]);
    const denied = await stack.call('POST', '/v1/decisions', { key, body: { action: 'ask_model', context_id: 'x', payload: 1 } });
    const said = denied.body['gates'].filter(({ verdict }: { verdict: string }) => verdict !== 'pass');
    expect(said.map(({ gate, reason_code: reason }: { gate: string; reason_code: string }) => `${gate} ${reason}`)).toEqual([
      'G4 PAYLOAD_INVALID',
      'G5 CONTEXT_UNKNOWN',
      'G6 PAYLOAD_SCHEMA_VIOLATION',
      'G10 ACTION_NOT_AUTHORIZED',
    ]);
  });
});
