import { until } from '@techno/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { openEvents, type OpenEvents } from '../support/client.ts';
import { expectProblem } from '../support/problem.ts';
import { stack } from './shared-stack.ts';
import { WHOLE_ACTION } from './whole-action.ts';

let one: { id: string; key: string };
let two: { id: string; key: string };

beforeAll(async () => {
  [one, two] = [await stack.newKey('developer'), await stack.newKey('developer')];
});

const namesOf = (stream: OpenEvents, traceId: string) =>
  stream.events.filter(({ data }) => data['trace_id'] === traceId).map(({ event }) => event);
const whole = (stream: OpenEvents, traceId: string) =>
  until(() => namesOf(stream, traceId).includes('REQUEST_END') && namesOf(stream, traceId), { what: 'the whole action' });
const submit = async (key: string, payload: unknown = {}) =>
  String((await stack.submit('echo', payload, { key })).body['trace_id']);

describe('the stream of events', () => {
  it('tells an action from its request to its answer, in order, each as JSON under its name', async () => {
    await using stream = await openEvents(stack.url, '/v1/events/stream', one.key);
    const traceId = await submit(one.key);
    expect(await whole(stream, traceId)).toEqual(WHOLE_ACTION);
    for (const { event, data } of stream.events) expect(data).toMatchObject({ event, trace_id: traceId, at: expect.any(String) });
  });

  it('shows a key its own actions and no others, root everybody`s', async () => {
    await using stream = await openEvents(stack.url, '/v1/events/stream', one.key);
    await using everything = await openEvents(stack.url, '/v1/events/stream', stack.rootKey);
    const foreign = [await submit(two.key), await submit(stack.rootKey)];
    const own = await submit(one.key);
    await whole(stream, own);
    for (const traceId of [...foreign, own]) await whole(everything, traceId);
    expect(new Set(stream.events.map(({ data }) => data['trace_id']))).toEqual(new Set([own]));
  });

  it('can be narrowed to events and to one action', async () => {
    await using decisions = await openEvents(stack.url, '/v1/events/stream?event=DECISION&event=REQUEST_END', one.key);
    const first = await submit(one.key);
    await using ofFirst = await openEvents(stack.url, `/v1/events/stream?trace_id=${first}`, one.key, 'a0.d0');
    const second = await submit(one.key);
    await whole(decisions, second);
    expect(namesOf(decisions, second)).toEqual(['DECISION', 'REQUEST_END']);
    expect(await whole(ofFirst, first)).toEqual(WHOLE_ACTION);
    expect(namesOf(ofFirst, second)).toEqual([]);
  });

  it('holds no payload and no credential', async () => {
    await using stream = await openEvents(stack.url, '/v1/events/stream', stack.rootKey);
    await whole(stream, await submit(one.key, { canary: 'payload-of-the-stream-test' }));
    expect(JSON.stringify(stream.events)).not.toMatch(/payload-of-the-stream-test|sk_live_/);
  });

  it('refuses an event that is none', async () => {
    expectProblem(await stack.call('GET', '/v1/events/stream?event=NOTHING', { key: one.key }), 400, 'VALIDATION_FAILED');
  });
});

describe('with Last-Event-ID', () => {
  it('goes on where it was left, without a gap and without a repeat', async () => {
    let lastId: string;
    const before = await submit(one.key);
    {
      await using stream = await openEvents(stack.url, `/v1/events/stream`, one.key, 'a0.d0');
      await whole(stream, before);
      lastId = stream.events.findLast(({ id }) => id !== '')!.id;
    }
    const missed = await submit(one.key);
    await using resumed = await openEvents(stack.url, '/v1/events/stream', one.key, lastId);
    const after = await submit(one.key);
    await whole(resumed, after);
    expect(await whole(resumed, missed)).toEqual(WHOLE_ACTION);
    expect(namesOf(resumed, after)).toEqual(WHOLE_ACTION);
    expect(namesOf(resumed, before)).toEqual([]);
  });

  it('tells the rest of an action that was under way, decided before the connection broke', async () => {
    const executor = stack.process('executor');
    process.kill(executor.pid, 'SIGSTOP');
    const first = await openEvents(stack.url, '/v1/events/stream', one.key);
    const accepted = await stack.submit('echo', {}, { key: one.key, headers: { prefer: 'respond-async' } });
    const traceId = String(accepted.body['trace_id']);
    await until(() => namesOf(first, traceId).includes('DECISION'));
    const lastId = first.events.findLast(({ id }) => id !== '')!.id;
    await first[Symbol.asyncDispose]();

    await using resumed = await openEvents(stack.url, '/v1/events/stream', one.key, lastId);
    process.kill(executor.pid, 'SIGCONT');
    const told = () => [...namesOf(first, traceId), ...namesOf(resumed, traceId)];
    await until(() => told().length >= WHOLE_ACTION.length);
    expect(told().toSorted()).toEqual(WHOLE_ACTION.toSorted());
  });

  it.each(['nonsense', 'a1', 'a-1.d0', 'a99999999.d99999999'])('%j begins now', async (lastId) => {
    await using stream = await openEvents(stack.url, '/v1/events/stream', one.key, lastId);
    const traceId = await submit(one.key);
    await whole(stream, traceId);
    expect(new Set(stream.events.map(({ data }) => data['trace_id']))).toEqual(new Set([traceId]));
  });
});

it('a dead letter is an event of its action', async () => {
  await using stream = await openEvents(stack.url, '/v1/events/stream', one.key);
  await using everything = await openEvents(stack.url, '/v1/events/stream', stack.rootKey);
  await stack.applyPolicy((policy) => {
    policy.actions['lost'] = { payload: {}, result: {}, executors: ['echo_executor_v1', 'gone_executor_v1'] };
    policy.roles['developer']!.allow = [{ actions: ['*'], contexts: ['*'] }];
  });
  const answer = await stack.submit('lost', {}, { key: one.key });
  expectProblem(answer, 500, 'EXECUTOR_UNKNOWN');
  const traceId = String(answer.body['trace_id']);
  for (const one of [stream, everything]) {
    await until(() => namesOf(one, traceId).includes('DEAD_LETTERED'));
    expect(one.events.find(({ event }) => event === 'DEAD_LETTERED')?.data['data']).toMatchObject({ code: 'EXECUTOR_UNKNOWN' });
  }
  expect(await stack.ended(traceId, one.key)).toMatchObject({ error: { code: 'EXECUTOR_UNKNOWN' } });
});
