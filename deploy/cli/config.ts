import { homeAt } from '../launcher/home.ts';
import { homeDir } from '../launcher/config.ts';
import { readStack, type Stack } from '../launcher/stack-file.ts';
import { type ServiceName, SERVICES } from '@techno/contracts';
import { StartupError } from '@techno/kernel';

/** Options that every verb which talks to the gateway has. */
export interface TargetFlags {
  readonly url?: string;
  readonly key?: string;
  readonly home?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Which gateway to talk to, as whom: the options, else TECHNO_URL and TECHNO_API_KEY, else the running stack's.
 * `role: 'admin'` takes the stack's admin key, `'developer'` its development key.
 * @throws StartupError NOT_RUNNING
 */
export function target(
  flags: TargetFlags,
  role: 'admin' | 'developer',
  env: Environment = process.env,
): { url: string; key: string } {
  const url = flags.url ?? env['TECHNO_URL'];
  const key = flags.key ?? env['TECHNO_API_KEY'];
  if (url !== undefined && key !== undefined) return { url, key };
  const stack = runningStack(flags, env);
  return { url: url ?? stack.gateway, key: key ?? (role === 'admin' ? stack.adminKey : stack.apiKey) };
}

/** @throws StartupError NOT_RUNNING */
export function runningStack(flags: Pick<TargetFlags, 'home'>, env: Environment = process.env): Stack {
  const home = homeAt(homeDir(flags.home, env));
  const stack = readStack(home.stack);
  if (stack !== undefined) return stack;
  throw new StartupError(
    'NOT_RUNNING',
    `there is no running stack in ${home.dir}`,
    `Start it with 'npm start', or name another gateway with --url and --key (TECHNO_URL, TECHNO_API_KEY).`,
  );
}

/** The superuser's URL of the database: DATABASE_URL if set, else the running stack's. @throws StartupError NOT_RUNNING */
export function databaseUrl(flags: Pick<TargetFlags, 'home'>, env: Environment = process.env): string {
  return env['DATABASE_URL'] ?? runningStack(flags, env).postgres;
}

/**
 * The operator's URL of the bus, NATS_URL if set, else the running stack's; and how many servers keep each stream.
 * @throws StartupError NOT_RUNNING, CONFIG_INVALID
 */
export function operatorBus(flags: Pick<TargetFlags, 'home'>, env: Environment = process.env): { url: string; replicas: number } {
  const replicas = Number(env['TECHNO_STREAM_REPLICAS'] || 1);
  if (![1, 3, 5].includes(replicas))
    throw new StartupError('CONFIG_INVALID', `TECHNO_STREAM_REPLICAS is '${replicas}'`, 'Use 1, 3 or 5.');
  return { url: env['NATS_URL'] || runningStack(flags, env).nats, replicas };
}

const ROLE_PASSWORD = 'DATABASE_PASSWORD_';

/**
 * Passwords of the services' database roles, from DATABASE_PASSWORD_<SERVICE> (`DATABASE_PASSWORD_GATE_ENGINE`). Empty
 * counts as absent; a name that is no service's is refused, for that service would be left without a role.
 * @throws StartupError CONFIG_INVALID
 */
export function rolePasswords(env: Environment = process.env): Partial<Record<ServiceName, string>> {
  const services = new Map(SERVICES.map((name) => [`${ROLE_PASSWORD}${name.replaceAll('-', '_').toUpperCase()}`, name]));
  const passwords: Partial<Record<ServiceName, string>> = {};
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(ROLE_PASSWORD) || value === undefined || value === '') continue;
    const service = services.get(name);
    if (service === undefined)
      throw new StartupError('CONFIG_INVALID', `${name} names no service`, `Use one of ${[...services.keys()].join(', ')}.`);
    passwords[service] = value;
  }
  return passwords;
}
