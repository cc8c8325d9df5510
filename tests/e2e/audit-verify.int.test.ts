import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { withConnection } from '@techno/embedded';
import { until } from '@techno/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { call } from '../support/client.ts';
import { type Launched, launch } from './launched.ts';

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../..');

let launched: Launched;
beforeAll(async () => {
  launched = await launch({ TECHNO_LOG_LEVEL: 'warn' });
}, 120_000);
afterAll(async () => {
  await launched?.stop();
}, 30_000);

/** `npm run audit:verify`, as a user runs it. */
async function auditVerify(): Promise<{ code: number; output: string }> {
  try {
    const { stdout, stderr } = await run(process.execPath, ['deploy/bootstrap.mjs', 'audit', 'verify'], {
      cwd: ROOT,
      env: { ...process.env, TECHNO_HOME: launched.home },
    });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

it('audit:verify passes, and fails naming the row after a superuser altered it', async () => {
  const { gateway, apiKey, postgres } = await launched.stack();
  const actions = Array.from({ length: 30 }, (_, number) =>
    call(gateway, 'POST', '/v1/process', { key: apiKey, body: { action: 'echo', context_id: 'default', payload: { number } } }),
  );
  for (const { status } of await Promise.all(actions)) expect(status).toBe(200);
  const rows = () => withConnection(postgres, (client) => client.query('select 1 from audit_trail limit 30'));
  await until(async () => (await rows()).rowCount === 30);
  expect(await auditVerify()).toMatchObject({ code: 0 });

  const altered = await withConnection(postgres, async (client) => {
    const { rows } = await client.query<{ seq: string }>('select seq from audit_trail order by seq offset 10 limit 1');
    await client.query(`update audit_trail set events = '[]' where seq = $1`, [rows[0]?.seq]);
    return rows[0]?.seq;
  });
  const found = await auditVerify();
  expect(found.code).toBe(1);
  expect(found.output).toContain(`row ${altered}`);
}, 90_000);
