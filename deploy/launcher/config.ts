import path from 'node:path';
import { type ServiceName, SERVICES } from '@techno/contracts';
import { StartupError } from '@techno/kernel';

export interface LauncherConfig {
  /** Absolute. */
  readonly home: string;
  readonly gatewayPort: number;
  readonly natsPort: number;
  readonly natsMonitorPort: number;
  readonly postgresPort: number;
  /** Of the stand-ins for mail and messages: their page, and their SMTP server. */
  readonly standInsPort: number;
  readonly smtpPort: number;
  /** First ops port; undefined: the services' own defaults. */
  readonly opsPort: number | undefined;
  /** A NATS that runs already; then none is started. */
  readonly natsUrl: string | undefined;
  readonly replicas: ReadonlyMap<ServiceName, number>;
  /** The caller's environment, of which services get their part. */
  readonly caller: Readonly<Record<string, string | undefined>>;
  /** The process that must live as long as this one, if there is such. */
  readonly parentPid: number | undefined;
}

/** Options of the command line; each wins over its variable. */
export interface StartFlags {
  readonly home?: string;
  readonly port?: string;
  readonly natsPort?: string;
  readonly natsMonitorPort?: string;
  readonly postgresPort?: string;
  readonly opsPort?: string;
  readonly replicas?: string;
}

/** The checkout this file is part of. */
export const ROOT = path.resolve(import.meta.dirname, '../..');

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws StartupError CONFIG_INVALID */
export function launcherConfig(flags: StartFlags = {}, env: Environment = process.env): LauncherConfig {
  const port = (flag: string | undefined, name: string, fallback: number) => parsePort(flag ?? env[name], name) ?? fallback;
  return {
    home: homeDir(flags.home, env),
    gatewayPort: port(flags.port, 'TECHNO_HTTP_PORT', 8080),
    natsPort: port(flags.natsPort, 'TECHNO_NATS_PORT', 4222),
    natsMonitorPort: port(flags.natsMonitorPort, 'TECHNO_NATS_MONITOR_PORT', 8222),
    // Not 5432: a PostgreSQL of the machine itself is what most often runs beside this one.
    postgresPort: port(flags.postgresPort, 'TECHNO_POSTGRES_PORT', 54320),
    standInsPort: port(undefined, 'TECHNO_STAND_INS_PORT', 8025),
    smtpPort: port(undefined, 'TECHNO_SMTP_PORT', 1025),
    opsPort: parsePort(flags.opsPort ?? env['TECHNO_OPS_PORT'], 'TECHNO_OPS_PORT'),
    natsUrl: env['NATS_URL'] || undefined,
    replicas: parseReplicas(flags.replicas ?? env['TECHNO_REPLICAS'] ?? ''),
    caller: env,
    parentPid: parentPid(env),
  };
}

/** TECHNO_HOME as the caller meant it: npm scripts run at the root, whatever folder npm was called in. */
export function homeDir(flag: string | undefined, env: Environment = process.env): string {
  const asked = flag ?? env['TECHNO_HOME'];
  return asked ? path.resolve(env['INIT_CWD'] ?? process.cwd(), asked) : path.join(ROOT, '.techno');
}

function parentPid(env: Environment): number | undefined {
  const handedOver = Number(env['TECHNO_PARENT_PID']);
  if (handedOver === process.ppid) return handedOver;
  // Under npm: its end, however it came, is the end of the command.
  return env['npm_lifecycle_event'] === undefined ? undefined : process.ppid;
}

function parsePort(text: string | undefined, name: string): number | undefined {
  if (text === undefined || text === '') return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new StartupError(
    'CONFIG_INVALID',
    `${name} is '${text}', which is no port`,
    `Use a number from 1 to 65535, for example ${name}=8080.`,
  );
}

/** Reads `gate-engine=3,executor=2`. @throws StartupError CONFIG_INVALID */
export function parseReplicas(text: string): ReadonlyMap<ServiceName, number> {
  const replicas = new Map<ServiceName, number>();
  for (const part of text.split(',').filter(Boolean)) {
    const [name = '', count = ''] = part.split('=').map((side) => side.trim());
    const service = SERVICES.find((known) => known === name);
    const number = Number(count);
    if (service === undefined || !/^\d+$/.test(count) || number < 1 || number > 32) {
      throw new StartupError(
        'CONFIG_INVALID',
        `'${part}' is no number of replicas`,
        `Write service=count, for example --replicas gate-engine=3,executor=2. Services: ${SERVICES.join(', ')}.`,
      );
    }
    replicas.set(service, number);
  }
  return replicas;
}
