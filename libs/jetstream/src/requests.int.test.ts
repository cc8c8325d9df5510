import { defineRequest } from '@techno/contracts';
import { TemporaryError, TerminalError } from '@techno/kernel';
import { startNats, type TestNats, until } from '@techno/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { listenForReplies } from './replies.ts';
import { endpoint, request, RequestError, serveRequests } from './requests.ts';
import { createRig, orders, type Rig } from './testing/rig.ts';
import { envelope } from '@techno/actor';

const double = defineRequest({
  service: 'auditor',
  name: 'number.double',
  input: z.object({ n: z.number() }),
  output: z.object({ n: z.number() }),
});
const fail = defineRequest({ service: 'auditor', name: 'fail', input: z.object({ how: z.string() }), output: z.null() });
const nothing = defineRequest({ service: 'auditor', name: 'nothing', input: z.object({}), output: z.null() });
const nobody = defineRequest({ service: 'notifier', name: 'anything', input: z.object({}), output: z.null() });

let nats: TestNats;
let [client, server]: Rig[] = [];
const theClient = () => (client as Rig).bus;
let stopServing: () => Promise<void>;
let slow: { begun: boolean; finish: () => void };
const slowly = defineRequest({ service: 'auditor', name: 'slowly', input: z.object({}), output: z.string() });

beforeAll(async () => {
  nats = await startNats();
  client = await createRig(nats.url, 'client');
  server = await createRig(nats.url, 'server');
  slow = { begun: false, finish: () => {} };
  stopServing = await serveRequests(server.bus, 'auditor', '0.1.0', [
    endpoint(double, async ({ n }) => ({ n: 2 * n })),
    endpoint(nothing, async () => undefined as never),
    endpoint(slowly, async () => {
      slow.begun = true;
      await new Promise<void>((resolve) => (slow.finish = resolve));
      return 'at last';
    }),
    endpoint(fail, async ({ how }) => {
      if (how === 'terminal') throw new TerminalError('KEY_UNKNOWN', 'no such key');
      if (how === 'temporary') throw new TemporaryError('STORE_UNAVAILABLE', 'away');
      if (how === 'details') throw Object.assign(new TerminalError('POLICY_INVALID', 'bad'), { details: [{ path: 'roles' }] });
      throw new Error('what');
    }),
  ]);
});
afterAll(async () => {
  await server?.close();
  await client?.close();
  await nats.stop();
});

const failing = (how: string) => request(theClient(), fail, { how }).catch((error: unknown) => error);

test('an answer', async () => {
  expect(await request(theClient(), double, { n: 21 })).toEqual({ n: 42 });
  expect(await request(theClient(), nothing, {})).toBeNull();
});

test.each<[string, object]>([
  ['terminal', { code: 'KEY_UNKNOWN', message: 'no such key', details: undefined }],
  ['temporary', { code: 'STORE_UNAVAILABLE' }],
  ['details', { code: 'POLICY_INVALID', message: 'bad', details: [{ path: 'roles' }] }],
  ['unknown', { code: 'UNEXPECTED' }],
])('what the owner throws arrives with its code (%s)', async (how, expected) => {
  const error = await failing(how);
  expect(error).toBeInstanceOf(RequestError);
  expect(error).toMatchObject(expected);
});

test.each<[string, string]>([
  ['a wrong shape', '{"n":"x"}'],
  ['no JSON', '{"n":'],
  ['nothing', ''],
])('%s is refused with REQUEST_INVALID', async (_name, data) => {
  const reply = await theClient().nc.request('rpc.auditor.number.double', data, { timeout: 2_000 });
  expect(reply.json()).toMatchObject({ error: { code: 'REQUEST_INVALID' } });
});

test('nobody there is SERVICE_UNAVAILABLE, at once, and costs no attempt', async () => {
  const startedAt = performance.now();
  await expect(request(theClient(), nobody, {})).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', spendsAttempt: false });
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});

test('an owner that does not answer in time is SERVICE_UNAVAILABLE', async () => {
  slow.begun = false;
  await expect(request(theClient(), slowly, {}, 100)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  slow.finish();
});

test('an answer of another shape than agreed is an error, not a value', async () => {
  const other = { ...double, output: z.object({ text: z.string() }) };
  await expect(request(theClient(), other, { n: 1 })).rejects.toThrow();
});

test('a reply reaches the process that waits, with its type, and nobody after it stopped listening', async () => {
  const heard: [string, unknown][] = [];
  const stop = listenForReplies(theClient(), 'reply.gateway.1', (type, body) => void heard.push([type, body]));
  await theClient().nc.flush();
  const { headers, data } = envelope(orders('replied'), { n: 1 }, { causeId: 'c', source: 's', traceparent: '', now: '' });
  server?.transport.reply('reply.gateway.1', headers, data);
  await until(() => heard.length === 1);
  expect(heard).toEqual([['test.replied', { n: 1 }]]);
  // Several of one turn travel together.
  for (const body of ['{"n":2}', '{"n":3}', '{"n":4}']) server?.transport.reply('reply.gateway.1', headers, body);
  await until(() => heard.length === 4);
  expect(heard.map(([, body]) => body)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }]);
  // What is no JSON is nobody's reply.
  server?.bus.nc.publish('reply.gateway.1', 'no JSON');
  await stop();
  server?.transport.reply('reply.gateway.1', headers, data);
  await server?.bus.nc.flush();
  await theClient().nc.flush();
  expect(heard).toHaveLength(4);
});

test('a request in hand when its owner stops is still answered', async () => {
  slow.begun = false;
  const answer = request(theClient(), slowly, {});
  await until(() => slow.begun);
  const stopped = stopServing();
  slow.finish();
  expect(await answer).toBe('at last');
  await stopped;
  await expect(request(theClient(), double, { n: 1 })).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
});
