import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startPostgres } from '@techno/testkit';
import { expect, test } from 'vitest';
import { operatorEnv, ROOT } from './settings.ts';

const run = promisify(execFile);
const migrate = (env: Record<string, string>) =>
  run(process.execPath, ['deploy/cli/main.ts', 'db', 'migrate', '--json'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });

test('an environment is all that the migration needs: schema, roles and their passwords', { timeout: 60_000 }, async () => {
  const { port, password, stop } = await startPostgres();
  try {
    const url = (user: string, secret: string) => `postgres://${user}:${secret}@127.0.0.1:${port}/postgres`;
    const { DATABASE_PASSWORD_GATE_ENGINE: secret = '', DATABASE_PASSWORD_AUDITOR: other = '' } = await operatorEnv();
    const env = {
      DATABASE_URL: url('postgres', password),
      DATABASE_PASSWORD_GATE_ENGINE: secret,
      DATABASE_PASSWORD_AUDITOR: other,
    };
    await expect(migrate({ ...env, DATABASE_PASSWORD_AUDITER: 'x' })).rejects.toMatchObject({
      stderr: expect.stringContaining('DATABASE_PASSWORD_AUDITER names no service') as string,
    });
    const first = JSON.parse((await migrate(env)).stdout) as { applied: string[] };
    expect(first.applied[0]).toBe('0001-main');
    expect(JSON.parse((await migrate(env)).stdout)).toEqual({ applied: [] });

    const status = (user: string, as: string) =>
      run(process.execPath, ['deploy/cli/main.ts', 'db', 'migrate'], {
        cwd: ROOT,
        env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: url(user, as) },
      });
    // A service's role signs in with its password only, and may not change the schema.
    await expect(status('techno_gate_engine', other)).rejects.toMatchObject({
      stderr: expect.stringContaining('password authentication failed') as string,
    });
    await expect(status('techno_gate_engine', secret)).rejects.toMatchObject({
      stderr: expect.stringMatching(/permission denied/) as string,
    });
  } finally {
    await stop();
  }
});
