import { execFile } from 'node:child_process';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SERVICES } from '@techno/contracts';
import { until, withConnection } from '@techno/embedded';
import { MINUTE, SECOND } from '@techno/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../chaos/fault.ts';
import { natsWiped } from '../chaos/faults/nats-killed.ts';
import { postgresKilled } from '../chaos/faults/postgres-killed.ts';
import { signalAll, untilReplaced } from '../chaos/faults/processes.ts';
import { type Ground, makeGround } from '../chaos/ground/ground.ts';
import { runFault } from '../chaos/run-fault.ts';
import { rollingRestartOf } from '../rolling/restart.ts';
import { call } from '../support/client.ts';

// The short form of `npm run chaos` and `npm run rolling`: the same load, the same account, fewer faults.

/** Enough that every fault meets work under way, and little enough for two shared cores. */
const PER_SECOND = 25;

const ROOT = path.resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

let ground: Ground;

beforeAll(async () => {
  ground = await makeGround('plain', { replicas: 'gate-engine=3', sweepAfterMs: 5 * SECOND, breaks: [] });
}, 120_000);

afterAll(async () => {
  await ground?.close();
}, 30_000);

/** How fast it recovers is for the table, which is made on a machine that has nothing else to do. */
async function expectKept(fault: Fault) {
  const result = await runFault({ ...fault, recoversWithinMs: 10 * MINUTE }, ground, {
    perSecond: PER_SECOND,
    seconds: 1,
    endsWithinMs: 90 * SECOND,
    signal: new AbortController().signal,
    progress: () => {},
  });
  expect(result.broken).toEqual([]);
  expect(result.account.accepted).toBeGreaterThan(PER_SECOND);
  return result;
}

/** The next one is killed before the last is back; the gateway last, without which there is no load. */
const killEachInTurn: Fault = {
  name: 'kill-each',
  title: 'kill -9 of every service, each half a second after the one before',
  recoversWithinMs: 1 * MINUTE,
  async run(context) {
    const killed = new Map<string, number[]>();
    for (const service of SERVICES.toSorted((a, b) => Number(a === 'gateway') - Number(b === 'gateway'))) {
      killed.set(service, await signalAll(context, service, 'SIGKILL'));
      await delay(SECOND / 2);
    }
    for (const [service, pids] of killed) await untilReplaced(context, service, pids);
  },
};

describe('under load', () => {
  it('a rolling restart of three gate-engines loses and doubles nothing, and turns nobody away', async () => {
    const restart = rollingRestartOf(['gate-engine']);
    const { answers } = await expectKept(restart);
    expect(restart.restarted.map(({ id }) => id)).toEqual(['gate-engine', 'gate-engine-2', 'gate-engine-3']);
    // Actions fail and are denied in this load; none of them is turned away.
    expect(answers.filter(({ status }) => status === 0 || status === 503)).toEqual([]);
  }, 180_000);

  it('kill -9 of each service in turn loses and doubles nothing', async () => {
    await expectKept(killEachInTurn);
  }, 240_000);

  it('the NATS store deleted: every accepted id still ends, by the sweeper', async () => {
    await expectKept(natsWiped);
  }, 240_000);

  it('Postgres stopped at once: nothing is accepted that could be lost', async () => {
    const { answers } = await expectKept(postgresKilled);
    expect(answers.some(({ status }) => status === 503)).toBe(true);
  }, 240_000);
});

describe('the trail of all that', () => {
  /** `npm run audit:verify`, as a user runs it. */
  async function auditVerify(): Promise<{ code: number; output: string }> {
    try {
      const { stdout, stderr } = await run(process.execPath, ['deploy/bootstrap.mjs', 'audit', 'verify'], {
        cwd: ROOT,
        env: { ...process.env, TECHNO_HOME: ground.launched.home },
      });
      return { code: 0, output: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, output: stdout + stderr };
    }
  }

  it('passes audit:verify, and fails it naming the row after a superuser altered it', async () => {
    const { gateway, apiKey, postgres } = await ground.launched.stack();
    const rows = () =>
      withConnection(postgres, async (client) => (await client.query('select 1 from audit_trail')).rowCount ?? 0);
    const before = await rows();
    const actions = Array.from({ length: 30 }, (_, number) =>
      call(gateway, 'POST', '/v1/process', { key: apiKey, body: { action: 'echo', context_id: 'default', payload: { number } } }),
    );
    for (const { status } of await Promise.all(actions)) expect(status).toBe(200);
    await until(async () => (await rows()) >= before + 30);
    expect(await auditVerify()).toMatchObject({ code: 0 });

    const altered = await withConnection(postgres, async (client) => {
      const { rows: found } = await client.query<{ seq: string }>('select seq from audit_trail order by seq offset 10 limit 1');
      await client.query(`update audit_trail set events = '[]' where seq = $1`, [found[0]?.seq]);
      return found[0]?.seq;
    });
    const found = await auditVerify();
    expect(found.code).toBe(1);
    expect(found.output).toContain(`row ${altered}`);
  }, 90_000);
});
