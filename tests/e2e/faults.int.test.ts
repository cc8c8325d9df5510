import { rm } from 'node:fs/promises';
import path from 'node:path';
import { until } from '@techno/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Launched, launch } from './launched.ts';
import { type Load, startLoad } from './load.ts';
import { expectPromisesKept } from './promises.ts';

/** Enough that every fault meets work under way, and little enough for two shared cores. */
const PER_SECOND = 150;
const SERVICES = ['gateway', 'gate-engine', 'executor', 'auditor', 'notifier', 'scheduler', 'dlq-replayer'];

let launched: Launched;

beforeAll(async () => {
  launched = await launch({ TECHNO_SWEEP_AFTER_MS: '5000', TECHNO_LOG_LEVEL: 'warn' });
}, 120_000);

afterAll(async () => {
  await launched?.stop();
}, 30_000);

async function underLoad(fault: () => Promise<void>): Promise<Awaited<ReturnType<Load['stop']>>> {
  const { gateway, apiKey } = await launched.stack();
  const load = startLoad(() => ({ url: gateway, key: apiKey }), PER_SECOND);
  const failure = await fault().then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  const answers = await load.stop();
  if (failure !== undefined) throw failure.error;
  return answers;
}

const pidOf = async (service: string) => (await launched.stack()).processes.find((one) => one.service === service)?.pid;

async function ready(service: string): Promise<boolean> {
  const ops = (await launched.stack()).processes.find((one) => one.service === service)?.ops;
  return fetch(`${ops}/readyz`).then(
    ({ status }) => status === 200,
    () => false,
  );
}

async function killAndWait(service: string): Promise<void> {
  const before = await pidOf(service);
  expect(before).toBeDefined();
  process.kill(before ?? 0, 'SIGKILL');
  await until(async () => (await pidOf(service)) !== before && (await ready(service)));
}

describe('under load', () => {
  it('kill -9 of each service in turn loses and doubles nothing', async () => {
    const answers = await underLoad(async () => {
      for (const service of SERVICES) await killAndWait(service);
    });
    const kept = await expectPromisesKept((await launched.stack()).postgres, answers, 60_000);
    expect(kept.accepted).toBeGreaterThan(PER_SECOND);
  }, 180_000);

  it('the NATS store deleted: every accepted id still ends, by the sweeper', async () => {
    const answers = await underLoad(async () => {
      const nats = (await launched.stack()).infrastructure.find(({ name }) => name === 'nats');
      if (nats === undefined) throw new Error('stack.json names no nats');
      process.kill(nats.pid, 'SIGKILL');
      await rm(path.join(nats.dir, 'jetstream'), { recursive: true, force: true });
      await until(async () => (await launched.stack()).infrastructure.find(({ name }) => name === 'nats')?.pid !== nats.pid, {
        timeoutMs: 30_000,
      });
      for (const service of SERVICES) await until(() => ready(service), { timeoutMs: 60_000 });
    });
    await expectPromisesKept((await launched.stack()).postgres, answers, 90_000);
  }, 240_000);

  it('kill -9 of Postgres: nothing is accepted that could be lost', async () => {
    const answers = await underLoad(async () => {
      const postgres = (await launched.stack()).infrastructure.find(({ name }) => name === 'postgres');
      process.kill(postgres?.pid ?? 0, 'SIGKILL');
      await until(
        async () => (await launched.stack()).infrastructure.find(({ name }) => name === 'postgres')?.pid !== postgres?.pid,
        { timeoutMs: 60_000 },
      );
      for (const service of SERVICES) await until(() => ready(service), { timeoutMs: 60_000 });
    });
    expect(answers.some(({ status }) => status === 503)).toBe(true);
    await expectPromisesKept((await launched.stack()).postgres, answers, 90_000);
  }, 240_000);
});
