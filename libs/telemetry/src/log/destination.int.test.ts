import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { StartupError } from '@techno/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bufferedDestination } from './destination.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'techno-log-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs a process that logs one line to a file and then does `then`. */
async function exitCodeAfter(then: string, file: string): Promise<number> {
  const script = `
    import { createTelemetry } from ${JSON.stringify(path.join(import.meta.dirname, '../telemetry.ts'))};
    const { log } = createTelemetry({ service: 's', version: '1', logLevel: 'info', traceRatio: 0, logDestination: ${JSON.stringify(file)} });
    log.info({}, 'last words');
    ${then}`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number];
  return code;
}

describe('bufferedDestination', () => {
  it.each([
    ['process.exit', 'process.exit(7)', 7],
    ['an uncaught error', 'throw new Error("boom")', 1],
    ['an unhandled rejection', 'await Promise.reject(new Error("boom"))', 1],
  ])('loses nothing on %s', async (_, then, code) => {
    const file = path.join(folder, 'out.log');
    expect(await exitCodeAfter(then, file)).toBe(code);
    expect(readFileSync(file, 'utf8')).toContain('"msg":"last words"');
  });

  it('flushes on demand', async () => {
    const file = path.join(folder, 'out.log');
    const destination = bufferedDestination(file, () => {});
    destination.write('one\n');
    expect(readFileSync(file, 'utf8')).toBe('');
    await destination.flush?.();
    expect(readFileSync(file, 'utf8')).toBe('one\n');
  });

  it('refuses a file it cannot write, at boot', () => {
    const failed = () => bufferedDestination(path.join(folder, 'missing', 'out.log'), () => {});
    expect(failed).toThrow(StartupError);
    expect(failed).toThrow(/out\.log/);
  });
});
