import { DURABLES, durablesOf, inboxPrefix, SERVICES, type ServiceName } from '@techno/contracts';
import { withConnection } from '@techno/embedded';
import { type Bus, connectBus } from '@techno/jetstream';
import { until } from '@techno/testkit';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Stack, startStack } from '../support/stack.ts';
import { ROOT, STARTABLE } from './settings.ts';

let stack: Stack;
let operator: Bus;
beforeAll(async () => {
  stack = await startStack();
  const more = STARTABLE.filter((service) => !stack.processes.some((one) => one.service === service));
  await Promise.all(more.map((service) => stack.start(service as ServiceName)));
  operator = await connectBus({ url: stack.nats.url, name: 'operator' });
});
afterAll(async () => {
  await operator.close();
  // Throws if any service, in all of this, tried what it has no right to.
  await stack.stop();
});

const record = <Row extends object>(sql: string): Promise<Row[]> =>
  withConnection(stack.database.adminUrl, async (client) => (await client.query<Row>(sql)).rows);

test('every service is ready with its own credentials alone, and an action goes all the way', async () => {
  expect(stack.processes.map(({ service }) => service).toSorted()).toEqual(STARTABLE);
  const { status, body } = await stack.submit('echo', { hello: 'world' });
  expect(status).toBe(200);
  expect(await stack.ended(String(body['trace_id']))).toMatchObject({ status: 'COMPLETED' });
});

test('the smoke test of the pipeline says of a system that works that it does, and of another that it does not', async () => {
  const smoke = (key: string) =>
    promisify(execFile)(path.join(ROOT, 'k8s/smoke.sh'), [stack.url], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], TECHNO_API_KEY: key },
    });
  expect((await smoke(stack.rootKey)).stdout).toContain('executed and on the audit trail');
  await expect(smoke('sk_live_wrong')).rejects.toMatchObject({ stderr: expect.stringContaining('SMOKE_FAILED') as string });
});

test('the durables are those whose rights were given, no more and no fewer', async () => {
  const { account_details: accounts } = (await (await fetch(`${stack.nats.monitorUrl}/jsz?consumers=true`)).json()) as {
    account_details: { stream_detail: { name: string; consumer_detail?: { name: string }[] }[] }[];
  };
  const found = accounts.flatMap(({ stream_detail: streams }) =>
    streams.flatMap(({ name, consumer_detail: consumers = [] }) => consumers.map((consumer) => `${name}/${consumer.name}`)),
  );
  const running = SERVICES.filter((service) => STARTABLE.includes(service));
  const listed = running.flatMap((service) => durablesOf(service).map(({ stream, name }) => `${stream}/${name}`));
  expect(found.toSorted()).toEqual(listed.toSorted());
});

test('the operator sees the services that answer requests, as `nats micro ls` does', async () => {
  const seen = new Set<string>();
  for await (const answer of await operator.nc.requestMany('$SRV.PING', '', { maxWait: 1_000 }))
    seen.add(answer.json<{ name: string }>().name);
  expect([...seen]).toEqual(expect.arrayContaining(['auditor', 'dlq-replayer', 'gate-engine', 'notifier']));
});

describe('what a service has a right to is no way around it', () => {
  const [durable = ''] = DURABLES.executor.ACTIONS ?? [];
  let executor: Bus;
  beforeAll(async () => {
    executor = await connectBus({
      url: stack.nats.urlOf('executor'),
      name: 'taken over',
      inboxPrefix: inboxPrefix('executor'),
    });
  });
  afterAll(() => executor.close());

  test('a schedule of its own that aims at another’s subject is not obeyed, and lies in the dead letters', async () => {
    const forged = JSON.stringify({ forged: true });
    const target = 'action.requested.api';
    await executor.js.publish(`schedule.ACTIONS.${durable}.forged`, forged, {
      schedule: { specification: new Date(), target },
    });
    const [letter] = await until(async () => {
      const rows = await record<{ subject: string; headers: Record<string, string> }>(
        `select subject, headers from worker_dlq where error_code = 'MESSAGE_FOREIGN' and actor = 'decide-action'`,
      );
      return rows.length > 0 && rows;
    });
    expect(letter).toMatchObject({
      subject: target,
      headers: { 'Nats-Scheduler': `schedule.ACTIONS.${durable}.forged` },
    });
  });

  test('a pull whose answer is sent to another’s request subject asks for nothing', async () => {
    const key = { name: 'forged', role: 'root', contexts: ['*'] };
    const issued = { id: 'key_forged', hash: '00'.repeat(32), hint: 'sk_live_forged' };
    const before = await record<{ count: string }>('select count(*) from api_keys');
    const heard: { subject: string; body: string }[] = [];
    const listening = operator.nc.subscribe('rpc.gate-engine.key.create', {
      callback: (_error, message) => void heard.push({ subject: message.subject, body: message.string() }),
    });
    await operator.nc.flush();
    await stack.process('executor').stop();
    // Stored where the executor may publish, to be pulled by it from there.
    const retry = `retry.ACTIONS.${durable}`;
    const body = JSON.stringify({ by: 'x', key, ...issued });
    await executor.js.publish(`schedule.ACTIONS.${durable}.pulled`, body, {
      schedule: { specification: new Date(), target: retry },
    });
    await until(async () => (await operator.jsm.consumers.info('ACTIONS', durable)).num_pending > 0);
    executor.nc.publish(`$JS.API.CONSUMER.MSG.NEXT.ACTIONS.${durable}`, JSON.stringify({ batch: 1 }), {
      reply: 'rpc.gate-engine.key.create',
    });
    // It arrives there, but does not pass for something that was said there.
    await until(() => heard.length > 0);
    await listening.drain();
    expect(heard).toEqual([{ subject: retry, body }]);
    expect(await record<{ count: string }>('select count(*) from api_keys')).toEqual(before);
  });
});
