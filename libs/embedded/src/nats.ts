import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { findNatsServer } from './nats-binary.ts';
import { natsConfig, type NatsSettings } from './nats-config.ts';
import type { LaunchPlan } from './launch.ts';

export interface NatsOptions extends NatsSettings {
  /** Where the configuration file is written; apart from the store, which may be wiped. */
  readonly configFile: string;
  /** PATH to look for a nats-server in. */
  readonly searchPath: string;
}

/**
 * Writes the configuration and says how to start the server.
 * @throws StartupError BINARY_MISSING
 */
export async function planNats(options: NatsOptions): Promise<LaunchPlan> {
  const command = await findNatsServer(options.searchPath);
  await mkdir(options.storeDir, { recursive: true });
  await mkdir(path.dirname(options.configFile), { recursive: true });
  await writeFile(options.configFile, natsConfig(options), { mode: 0o600 });
  return {
    name: 'nats',
    command,
    args: ['--config', options.configFile],
    cwd: path.dirname(options.configFile),
    // It shares the machine with all that talks to it. Threads that hand work to each other cost it a quarter of its time on two cores.
    env: { GOMAXPROCS: String(Math.max(1, Math.floor(availableParallelism() / 2))) },
    stopSignal: 'SIGTERM',
    stage: 2,
    async isReady(signal) {
      const health = `http://127.0.0.1:${options.monitorPort}/healthz?js-enabled-only=true`;
      const response = await fetch(health, { signal: AbortSignal.any([signal, AbortSignal.timeout(1_000)]) });
      await response.arrayBuffer();
      return response.ok;
    },
  };
}

export function natsUrl(settings: Pick<NatsSettings, 'user' | 'password' | 'port'>): string {
  return `nats://${encodeURIComponent(settings.user)}:${encodeURIComponent(settings.password)}@127.0.0.1:${settings.port}`;
}
