import { openSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { ServiceName } from '@techno/contracts';
import { type Guard, launch, type LaunchPlan, nodeArguments, ready, startGuard } from '@techno/embedded';
import { freePort } from '@techno/testkit';

const ROOT = path.resolve(import.meta.dirname, '../..');
const READY_MS = 40_000;
const GRACE_MS = 9_000;

/** One service as a process of its own. */
export interface ServiceProcess {
  readonly service: ServiceName;
  readonly pid: number;
  /** `http://127.0.0.1:<port>` of `/healthz`, `/readyz` and `/metrics`. */
  readonly ops: string;
  /** `http://127.0.0.1:<port>`, for a gateway. */
  readonly url: string;
  /** Everything it has written so far. */
  log(): string;
  /** SIGTERM, and its exit code. */
  stop(): Promise<number | null>;
  /** `kill -9`, and waits until it is gone. */
  kill(): Promise<void>;
}

let guard: Guard | undefined;
let count = 0;

/** Starts `services/<name>/src/main.ts` as the launcher would, and waits until its `/readyz` says so. */
export async function startService(
  service: ServiceName,
  env: Readonly<Record<string, string>>,
  logDir: string,
): Promise<ServiceProcess> {
  // One guard per test process: whatever happens to it, nothing it started stays.
  guard ??= startGuard();
  await mkdir(logDir, { recursive: true });
  const logFile = path.join(logDir, `${service}-${++count}.log`);
  const [opsPort, httpPort] = [await freePort(), await freePort()];
  const ops = `http://127.0.0.1:${opsPort}`;
  const plan: LaunchPlan = {
    name: service,
    command: process.execPath,
    args: nodeArguments(path.join(ROOT, 'services', service, 'src/main.ts')),
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'] ?? '',
      ...env,
      TECHNO_OPS_HOST: '127.0.0.1',
      TECHNO_OPS_PORT: String(opsPort),
      ...(service === 'gateway' ? { TECHNO_HTTP_HOST: '127.0.0.1', TECHNO_HTTP_PORT: String(httpPort) } : {}),
    },
    stopSignal: 'SIGTERM',
    stage: 3,
    isReady: async (signal) => (await fetch(`${ops}/readyz`, { signal })).ok,
  };
  const running = await launch(plan, { output: openSync(logFile, 'a'), guard });
  const log = () => readFileSync(logFile, 'utf8');
  try {
    await ready(plan, running, { timeoutMs: READY_MS });
  } catch (cause) {
    await running.stop(0);
    throw new Error(`${service} did not start. Its log ends with:\n${log().split('\n').slice(-15).join('\n')}`, { cause });
  }
  return {
    service,
    pid: running.pid,
    ops,
    url: `http://127.0.0.1:${httpPort}`,
    log,
    stop: async () => (await running.stop(GRACE_MS)).code,
    async kill() {
      process.kill(running.pid, 'SIGKILL');
      await running.exited;
    },
  };
}
