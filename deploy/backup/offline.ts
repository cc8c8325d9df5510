import { ensureDatabase, startGuard } from '@techno/embedded';
import { SERVICES } from '@techno/contracts';
import { SECOND } from '@techno/kernel';
import type { LauncherConfig } from '../launcher/config.ts';
import { homeAt, makeHome } from '../launcher/home.ts';
import { takeLock } from '../launcher/lock.ts';
import { reservePorts } from '../launcher/ports.ts';
import { endLeftovers, recordProcesses } from '../launcher/process-record.ts';
import type { Progress } from '../launcher/progress.ts';
import { loadSecrets } from '../launcher/secrets.ts';
import { stopInOrder } from '../launcher/shutdown.ts';
import { type Observer, supervise } from '../launcher/supervise.ts';
import { DATABASE, natsUnit, postgresUnit } from '../launcher/units.ts';

export interface Infrastructure {
  /** The superuser's. */
  readonly postgres: string;
  /** The operator's. */
  readonly nats: string;
  readonly rolePasswords: Readonly<Record<string, string>>;
}

/**
 * Starts nats-server and PostgreSQL of a home, and nothing else, while `work` runs. Holds the lock of the home meanwhile.
 * @throws StartupError ALREADY_RUNNING, or that of the part which could not start
 */
export async function withInfrastructure<T>(
  config: LauncherConfig,
  progress: Progress,
  work: (infrastructure: Infrastructure) => Promise<T>,
): Promise<T> {
  const home = homeAt(config.home);
  makeHome(home);
  const releaseLock = takeLock(home.lock);
  const ports = reservePorts();
  const guard = startGuard();
  await endLeftovers(home.processes, 5 * SECOND);
  const record = recordProcesses(home.processes, (problem) => progress.note(problem));
  const observer: Observer = {
    started: (unit, plan, pid) => record.add({ name: unit.id, pid, stopSignal: plan.stopSignal, stage: plan.stage }),
    ended: (_unit, pid) => record.remove(pid),
    failed: (unit, reason) => progress.note(`${unit.id}: ${reason}`),
    replaced: () => {},
    recovered: () => {},
  };
  const stages = { services: [], nats: [] as ReturnType<typeof supervise>[], postgres: [] as ReturnType<typeof supervise>[] };
  try {
    const secrets = await loadSecrets(home, SERVICES);
    const ground = { home, secrets, caller: config.caller };
    const postgres = postgresUnit(ground, await ports.take(config.postgresPort));
    const natsPorts = { port: await ports.take(config.natsPort), monitorPort: await ports.take(config.natsMonitorPort) };
    const nats = natsUnit(ground, natsPorts);
    await progress.step('Starting nats-server and PostgreSQL', async () => {
      stages.postgres.push(supervise(postgres, { guard, observer }));
      stages.nats.push(supervise(nats, { guard, observer }));
      await Promise.all([...stages.postgres, ...stages.nats].map(({ ready }) => ready));
      await ensureDatabase(postgres.url.replace(/[^/]+$/, 'postgres'), DATABASE);
    });
    return await work({ postgres: postgres.url, nats: nats.url, rolePasswords: secrets.rolePasswords });
  } finally {
    await progress.step('Stopping them', () => stopInOrder(stages));
    guard.close();
    ports.releaseAll();
    releaseLock();
  }
}
