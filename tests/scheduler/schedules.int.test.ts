import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StandIns, startStandIns } from '@techno/stand-ins';
import { until } from '@techno/testkit';
import { startStack, type Stack } from '../support/stack.ts';
import { completed, firstCompleted, makeSchedule, runsUntil } from './real.ts';

let stack: Stack;
let standIns: StandIns;

beforeAll(async () => {
  [stack, standIns] = await Promise.all([startStack(), startStandIns()]);
  await stack.start('notifier', {
    CHANNEL_EMAIL_URL: `smtp://127.0.0.1:${standIns.smtpPort}`,
    CHANNEL_EMAIL_PLAIN: 'true',
  });
  for (let replica = 0; replica < 3; replica++) await stack.start('scheduler');
});
afterAll(async () => {
  await stack?.stop();
  await standIns?.close();
});

const root = (method: string, path: string, body?: unknown) =>
  stack.call(method, path, { key: stack.rootKey, ...(body === undefined ? {} : { body }) });

/** Every occurrence of a schedule once, one interval after another. */
function expectNoGap(scheduled: readonly string[], everyMs: number): void {
  const gaps = scheduled.slice(1).map((at, index) => Date.parse(at) - Date.parse(scheduled[index] ?? ''));
  expect(gaps).toEqual(gaps.map(() => everyMs));
}

describe('with three replicas', () => {
  it('each occurrence runs once, as an action on behalf of the owner', async () => {
    const { id: owner, key } = await stack.newKey('developer');
    const id = await makeSchedule(stack, { interval_seconds: 1, payload: { n: 1 } }, key);
    const runs = await runsUntil(stack, id, firstCompleted(4));
    expectNoGap(
      runs.slice(0, 4).map(({ scheduled_at }) => scheduled_at),
      1_000,
    );
    const action = await stack.ended(runs[0]?.trace_id ?? '');
    expect(action).toMatchObject({ status: 'COMPLETED', origin: 'schedule', principal: owner, result: { n: 1 } });
    expect((await root('DELETE', `/v1/schedules/${id}`)).status).toBe(204);
  });

  it('kill -9 of one of them, and every occurrence still runs once', async () => {
    const id = await makeSchedule(stack, { interval_seconds: 1 });
    await runsUntil(stack, id, (all) => completed(all).length >= 2);
    const victim = stack.processes.find(({ service }) => service === 'scheduler');
    await victim?.kill();
    const runs = await runsUntil(stack, id, firstCompleted(7));
    expectNoGap(
      runs.map(({ scheduled_at }) => scheduled_at),
      1_000,
    );
    await stack.start('scheduler');
    await root('DELETE', `/v1/schedules/${id}`);
  });
});

it('a forbidden action is denied, on record, and its owner is told once', async () => {
  await root('PUT', '/v1/contacts/owner', { name: 'Owner', addresses: { email: 'owner@example.org' } });
  await stack.applyPolicy((policy) => (policy.roles['timekeeper'] = { permissions: ['schedules:manage'] }));
  const { key } = await stack.newKey('timekeeper');
  const id = await makeSchedule(stack, { name: 'forbidden', interval_seconds: 1, notify: ['owner'] }, key);
  const denied = (all: readonly { status: string }[]) => all.filter(({ status }) => status === 'denied');
  const runs = denied(await runsUntil(stack, id, (all) => denied(all).length >= 4));
  expect(runs[0]).toMatchObject({ reason: 'ACTION_NOT_AUTHORIZED' });
  const mine = () =>
    standIns.mails.filter(({ to, subject }) => to.includes('owner@example.org') && subject === 'Denied: forbidden');
  await until(() => mine().length > 0);
  await runsUntil(stack, id, (all) => denied(all).length >= runs.length + 3);
  expect(mine()).toHaveLength(1);
  await root('DELETE', `/v1/schedules/${id}`);
});

it('a key that was revoked acts no more', async () => {
  const { id: owner, key } = await stack.newKey('developer');
  const id = await makeSchedule(stack, { interval_seconds: 1 }, key);
  await runsUntil(stack, id, (all) => completed(all).length >= 1);
  expect((await root('POST', `/v1/keys/${owner}/revoke`)).status).toBeLessThan(300);
  const runs = await runsUntil(stack, id, (all) => all.some(({ status }) => status === 'denied'));
  expect(runs.find(({ status }) => status === 'denied')).toMatchObject({ reason: 'AUTHENTICATION_REVOKED' });
  await root('DELETE', `/v1/schedules/${id}`);
});

it('of others only who may see them sees schedules, and nobody but its owner changes what one does', async () => {
  const { key } = await stack.newKey('developer');
  const { key: other } = await stack.newKey('developer');
  const given = { name: 'mine', action: 'echo', context_id: 'default', cron: '0 9 * * *', time_zone: 'America/Sao_Paulo' };
  const id = await makeSchedule(stack, given, key);
  const path = `/v1/schedules/${id}`;
  for (const [method, at, body] of [
    ['GET', path, undefined],
    ['DELETE', path, undefined],
    ['PUT', path, given],
    ['POST', `${path}/trigger`, undefined],
    ['POST', `${path}/pause`, undefined],
    ['GET', `${path}/preview`, undefined],
    ['GET', `${path}/runs`, undefined],
  ] as const) {
    const answer = await stack.call(method, at, { key: other, ...(body === undefined ? {} : { body }) });
    expect.soft([method, at, answer.body['code']]).toEqual([method, at, 'SCHEDULE_UNKNOWN']);
  }
  expect((await root('GET', path)).body).toMatchObject({ id, sentence: 'At 09:00 (America/Sao_Paulo)' });
  expect((await root('PUT', path, given)).body['code']).toBe('SCHEDULE_UNKNOWN');
  const { body } = await stack.call('GET', `${path}/preview?locale=pt-BR`, { key });
  expect(body).toMatchObject({ sentence: 'Às 09:00 (America/Sao_Paulo)' });
  expect(body['occurrences']).toHaveLength(10);
  expect(body['occurrences'][0].local).toMatch(/T09:00:00-03:00$/);
  await stack.call('DELETE', path, { key });
});

it('the metrics that were asked for are there', async () => {
  const pages = await Promise.all(
    stack.processes
      .filter(({ service }) => service === 'scheduler')
      .map(({ ops }) =>
        fetch(`${ops}/metrics`)
          .then((answer) => answer.text())
          .catch(() => ''),
      ),
  );
  const text = pages.join('\n');
  for (const name of [
    'worker_job_count_total{job_name="user-schedule",status="completed"}',
    'worker_job_latency_seconds_bucket',
    'worker_job_lateness_seconds_bucket',
    'worker_job_missed_total',
  ]) {
    expect(text).toContain(name);
  }
});
