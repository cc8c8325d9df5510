import { ensureDatabase } from '@techno/embedded';
import type { ServiceName } from '@techno/contracts';
import { applyStreams } from '@techno/jetstream';
import { rfc3339, systemClock } from '@techno/kernel';
import { migrate } from '@techno/storage';
import type { LauncherConfig } from './config.ts';
import type { Ports } from './ports.ts';
import type { Progress } from './progress.ts';
import { saveSecrets } from './secrets.ts';
import { ALERTS_SOURCE, RECEIPTS_SOURCE, seed, WEBHOOK_SOURCE } from './seed.ts';
import { type Instance, instancesOf, STARTED } from './services.ts';
import type { StackBoard } from './stack-board.ts';
import type { Infrastructure, Stack } from './stack-file.ts';
import type { Supervised, Unit } from './supervise.ts';
import { DATABASE, databaseUrlOf, type Ground, natsUnit, postgresUnit, serviceUnit, standInsUnit } from './units.ts';

export interface BootTools {
  readonly ports: Ports;
  readonly progress: Progress;
  readonly board: StackBoard;
  /** Starts a unit in its place of the order of stopping. */
  run(stage: 'services' | 'nats' | 'postgres', unit: Unit): Supervised;
}

/**
 * Brings everything up in its order: nats-server and PostgreSQL, the schema, the services, the development data.
 * @throws StartupError of whatever could not start
 */
export async function boot(ground: Ground, config: LauncherConfig, tools: BootTools): Promise<Stack> {
  const { progress } = tools;
  const infrastructure = await startInfrastructure(ground, config, tools);
  await progress.step('Applying migrations', async () => {
    await ensureDatabase(infrastructure.postgres.replace(/[^/]+$/, 'postgres'), DATABASE);
    await migrate({ adminUrl: infrastructure.postgres, roles: ground.secrets.rolePasswords });
  });
  await progress.step('Applying streams', () => applyStreams(infrastructure.nats));
  const standIns = { httpPort: await tools.ports.take(config.standInsPort), smtpPort: await tools.ports.take(config.smtpPort) };
  const services = await startServices(ground, config, tools, { ...infrastructure, standIns });
  const gateway = `http://127.0.0.1:${services.find(({ httpPort }) => httpPort !== undefined)?.httpPort}`;
  const receipts = standInsUnit(ground, standIns, `${gateway}/v1/webhooks/${RECEIPTS_SOURCE}`);
  await progress.step('Starting stand-ins for mail and messages', () => tools.run('services', receipts).ready);
  const seeded = await progress.step('Seeding development data', () => seed(gateway, ground.secrets));
  saveSecrets(ground.home, seeded);
  return tools.board.publish({
    gateway,
    nats: infrastructure.nats,
    postgres: infrastructure.postgres,
    apiKey: seeded.apiKey,
    adminKey: seeded.bootstrapKey,
    webhook: { source: WEBHOOK_SOURCE, secret: seeded.webhookSecret, url: `${gateway}/v1/webhooks/${WEBHOOK_SOURCE}` },
    alerts: { source: ALERTS_SOURCE, token: seeded.alertsToken, url: `${gateway}/v1/webhooks/${ALERTS_SOURCE}` },
    standIns: { url: receipts.url, smtpPort: standIns.smtpPort },
    processes: services.map(({ instance, opsPort }) => ({
      id: instance.id,
      service: instance.spec.name,
      ops: `http://127.0.0.1:${opsPort}`,
    })),
    infrastructure: [...infrastructure.parts, { name: 'stand-ins', dir: ground.home.logs }],
    launcher: { pid: process.pid },
    startedAt: rfc3339(systemClock.now()),
  });
}

interface InfrastructureAddresses {
  /** The operator's. */
  readonly nats: string;
  readonly natsOf: (service: ServiceName) => string;
  readonly postgres: string;
  readonly postgresPort: number;
  readonly parts: readonly Omit<Infrastructure, 'pid'>[];
}

async function startInfrastructure(ground: Ground, config: LauncherConfig, tools: BootTools): Promise<InfrastructureAddresses> {
  const { ports, progress } = tools;
  const postgresPort = await ports.take(config.postgresPort);
  const postgres = postgresUnit(ground, postgresPort);
  const parts: Omit<Infrastructure, 'pid'>[] = [{ name: 'postgres', dir: ground.home.postgres }];
  if (config.natsUrl !== undefined) {
    progress.note(`NATS_URL is set: no nats-server is started.`);
    await progress.step('Starting PostgreSQL', () => tools.run('postgres', postgres).ready);
    const url = config.natsUrl;
    return { nats: url, natsOf: () => url, postgres: postgres.url, postgresPort, parts };
  }
  const natsPorts = { port: await ports.take(config.natsPort), monitorPort: await ports.take(config.natsMonitorPort) };
  const nats = natsUnit(ground, natsPorts);
  await progress.step('Starting nats-server and PostgreSQL', () =>
    Promise.all([tools.run('postgres', postgres).ready, tools.run('nats', nats).ready]),
  );
  parts.unshift({ name: 'nats', dir: ground.home.nats, monitor: `http://127.0.0.1:${natsPorts.monitorPort}` });
  return { nats: nats.url, natsOf: nats.urlOf, postgres: postgres.url, postgresPort, parts };
}

interface StartedService {
  readonly instance: Instance;
  readonly opsPort: number;
  readonly httpPort: number | undefined;
}

async function startServices(
  ground: Ground,
  config: LauncherConfig,
  tools: BootTools,
  addresses: InfrastructureAddresses & { readonly standIns: { readonly httpPort: number; readonly smtpPort: number } },
): Promise<StartedService[]> {
  const services: StartedService[] = [];
  // One after another: each port taken must be seen by the next.
  for (const instance of instancesOf(STARTED, config.replicas)) {
    const opsPort = await tools.ports.take(config.opsPort ?? instance.spec.opsPort);
    const httpPort = instance.spec.grants.includes('http') ? await tools.ports.take(config.gatewayPort) : undefined;
    if (httpPort !== undefined && instance.replica === 0 && httpPort !== config.gatewayPort) {
      tools.progress.note(`Port ${config.gatewayPort} is taken: the gateway listens on ${httpPort}.`);
    }
    services.push({ instance, opsPort, httpPort });
  }
  const names = services.map(({ instance }) => instance.id).join(', ');
  await tools.progress.step(`Starting ${names}`, async () => {
    const supervised = services.map(({ instance, opsPort, httpPort }) => {
      const natsUrl = addresses.natsOf(instance.spec.name);
      const databaseUrl = databaseUrlOf(instance, ground.secrets, addresses.postgresPort);
      const unit = serviceUnit(ground, instance, { natsUrl, databaseUrl, opsPort, httpPort, standIns: addresses.standIns });
      return tools.run('services', unit);
    });
    await Promise.all(supervised.map(({ ready }) => ready));
  });
  return services;
}
