import { busRights, type ServiceName, SERVICES } from '@techno/contracts';
import { type LaunchPlan, natsUrl, nodeArguments, planNats, planPostgres, postgresUrl } from '@techno/embedded';
import { SECOND } from '@techno/kernel';
import { type LauncherConfig, ROOT } from './config.ts';
import { type Home, logFile } from './home.ts';
import { openLog } from './log-file.ts';
import { natsStoreWatch } from './nats-store.ts';
import { keptWriteError } from './nats-write-error.ts';
import type { Secrets } from './secrets.ts';
import { type Addresses, serviceEnv } from './service-env.ts';
import type { Instance } from './services.ts';
import type { Unit } from './supervise.ts';

export const DATABASE = 'techno';
/** The operator on the bus: may do everything, and is nobody of the services. */
const NATS_OPERATOR = 'techno';

const serviceBackoff = { baseMs: 250, capMs: 10 * SECOND };

/**
 * - No pretenuring: V8 takes what lives through a batch for what lives long, puts it among the old, and all that it refers to
 *   is copied twice and stays until the old are collected. Collections of the young are a third to three quarters as long without.
 * - The old grow by their own size before they are collected. V8 takes a process that allocates slowly for one that can wait, and let
 *   them grow by a quarter: the gateway collected them every 10 s, each time half a processor for a tenth of a second.
 * - Async context kept by V8 (the default from Node 24 on): the ORM's AsyncLocalStorage otherwise makes every await of the
 *   process cost about three times as much.
 */
const NODE_FLAGS = ['--no-allocation-site-pretenuring', '--heap-growing-percent=100', '--experimental-async-context-frame'];

/** Slower than the services': time enough to look at what has happened, or to remove a store, before it is back. */
const infrastructureBackoff = { baseMs: SECOND, capMs: 10 * SECOND };

/** What every unit is made from. */
export interface Ground {
  readonly home: Home;
  readonly secrets: Secrets;
  readonly caller: LauncherConfig['caller'];
}

export function natsUnit(
  { home, secrets, caller }: Ground,
  ports: { port: number; monitorPort: number },
): Unit & { url: string; urlOf: (service: ServiceName) => string } {
  const users = SERVICES.map((service) => ({
    user: service,
    password: secrets.natsPasswords[service] ?? '',
    permissions: busRights(service),
  }));
  const settings = {
    ...ports,
    user: NATS_OPERATOR,
    password: secrets.natsPassword,
    users,
    serverName: 'techno-embedded',
    storeDir: home.nats,
    configFile: home.natsConfig,
    searchPath: caller['PATH'] ?? '',
  };
  const isStoreIntact = natsStoreWatch(home.nats);
  const keepsWriteError = keptWriteError(ports.monitorPort, home.nats);
  return {
    id: 'nats',
    url: natsUrl(settings),
    urlOf: (service) => natsUrl({ user: service, password: secrets.natsPasswords[service] ?? '', port: ports.port }),
    plan: () => planNats(settings),
    output: openLog(logFile(home, 'nats')),
    backoff: infrastructureBackoff,
    readyTimeoutMs: 30 * SECOND,
    async flaw() {
      if (!(await isStoreIntact())) return 'its data has vanished';
      if (await keepsWriteError()) return 'it keeps refusing to write, although its disk has room again';
      return undefined;
    },
  };
}

export function postgresUnit({ home, secrets }: Ground, port: number): Unit & { url: string } {
  const password = secrets.postgresPassword;
  return {
    id: 'postgres',
    url: postgresUrl({ user: 'postgres', password, port, database: DATABASE }),
    plan: () => planPostgres({ dir: home.postgres, port, password, durable: true }),
    output: openLog(logFile(home, 'postgres')),
    backoff: infrastructureBackoff,
    // Recovery after a crash replays up to max_wal_size.
    readyTimeoutMs: 120 * SECOND,
  };
}

/** The URL with which one service signs in to Postgres. */
export function databaseUrlOf(instance: Instance, secrets: Secrets, port: number): string {
  const { name } = instance.spec;
  return postgresUrl({
    user: `techno_${name.replaceAll('-', '_')}`,
    password: secrets.rolePasswords[name] ?? '',
    port,
    database: DATABASE,
  });
}

/** Mail and message providers for a machine that has none. */
export function standInsUnit(
  { home, secrets }: Ground,
  ports: { httpPort: number; smtpPort: number },
  receiptsUrl: string,
): Unit & { url: string } {
  const url = `http://127.0.0.1:${ports.httpPort}`;
  const plan: LaunchPlan = {
    name: 'stand-ins',
    command: process.execPath,
    args: nodeArguments('libs/stand-ins/src/main.ts'),
    cwd: ROOT,
    env: {
      STAND_INS_HTTP_PORT: String(ports.httpPort),
      STAND_INS_SMTP_PORT: String(ports.smtpPort),
      STAND_INS_RECEIPTS_URL: receiptsUrl,
      STAND_INS_RECEIPTS_TOKEN: secrets.receiptsToken,
    },
    stopSignal: 'SIGTERM',
    stage: 3,
    async isReady(signal) {
      const response = await fetch(`${url}/api/messages`, { signal: AbortSignal.any([signal, AbortSignal.timeout(2 * SECOND)]) });
      await response.arrayBuffer();
      return response.status === 200;
    },
  };
  return {
    id: 'stand-ins',
    url,
    plan: async () => plan,
    output: openLog(logFile(home, 'stand-ins')),
    backoff: serviceBackoff,
    readyTimeoutMs: 30 * SECOND,
  };
}

export function serviceUnit({ home, secrets, caller }: Ground, instance: Instance, addresses: Addresses): Unit {
  const plan: LaunchPlan = {
    name: instance.id,
    command: process.execPath,
    args: [...NODE_FLAGS, ...nodeArguments(`services/${instance.spec.name}/src/main.ts`)],
    cwd: ROOT,
    env: serviceEnv(instance, addresses, secrets, caller),
    stopSignal: 'SIGTERM',
    stage: 3,
    async isReady(signal) {
      const response = await fetch(`http://127.0.0.1:${addresses.opsPort}/readyz`, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(2 * SECOND)]),
      });
      await response.arrayBuffer();
      return response.status === 200;
    },
  };
  return {
    id: instance.id,
    plan: async () => plan,
    output: openLog(logFile(home, instance.id)),
    backoff: serviceBackoff,
    readyTimeoutMs: 60 * SECOND,
  };
}
