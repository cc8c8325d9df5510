import { assertNever } from '@techno/kernel';
import type { Secrets } from './secrets.ts';
import type { Grant, Instance } from './services.ts';

export interface Addresses {
  readonly natsUrl: string;
  readonly databaseUrl: string;
  readonly opsPort: number;
  readonly httpPort: number | undefined;
  /** The providers of development: their HTTP and SMTP ports. */
  readonly standIns: { readonly httpPort: number; readonly smtpPort: number };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What any program needs from the system it runs on. */
const FROM_THE_SYSTEM =
  /^(PATH|HOME|USER|LOGNAME|LANG|LC_\w+|TZ|TMPDIR|NODE_OPTIONS|NODE_EXTRA_CA_CERTS|(HTTPS?|NO|ALL)_PROXY|OTEL_\w+)$/i;
/** Read by the launcher itself, or handed only to who needs it. */
const NOT_FOR_ALL =
  /^TECHNO_(HOME|PARENT_PID|HTTP_\w+|OPS_\w+|NATS_\w+|POSTGRES_\w+|SECRET_\w+|SECRETS_KEY|BACKUP_\w+|KEY_PEPPER|ALLOW_KEYS|BOOTSTRAP_KEY|EGRESS_ALLOW|API_KEY|URL|REPLICAS)$/;

/**
 * The whole environment of one process: a few system variables, the tunables (`TECHNO_*`) of the caller, its addresses,
 * and the secrets its service is granted. Nothing else of the caller's environment goes through.
 */
export function serviceEnv(
  instance: Instance,
  addresses: Addresses,
  secrets: Secrets,
  caller: Environment,
): Record<string, string> {
  const env: Record<string, string> = { TECHNO_LOG_LEVEL: 'info', TECHNO_TRACE_RATIO: '0.05' };
  for (const [name, value] of Object.entries(caller)) {
    if (value === undefined) continue;
    if (FROM_THE_SYSTEM.test(name) || (name.startsWith('TECHNO_') && !NOT_FOR_ALL.test(name))) env[name] = value;
  }
  for (const grant of instance.spec.grants) Object.assign(env, granted(grant, addresses, secrets, caller));
  return {
    ...env,
    NATS_URL: addresses.natsUrl,
    DATABASE_URL: addresses.databaseUrl,
    TECHNO_OPS_HOST: '127.0.0.1',
    TECHNO_OPS_PORT: String(addresses.opsPort),
  };
}

function granted(grant: Grant, addresses: Addresses, secrets: Secrets, caller: Environment): Record<string, string> {
  switch (grant) {
    case 'http':
      return { TECHNO_HTTP_HOST: '127.0.0.1', TECHNO_HTTP_PORT: String(addresses.httpPort) };
    case 'key-pepper':
      return { TECHNO_KEY_PEPPER: secrets.keyPepper };
    case 'allow-keys':
      return { TECHNO_ALLOW_KEYS: secrets.allowKeys };
    case 'secrets-key':
      return { TECHNO_SECRETS_KEY: secrets.secretsKey };
    case 'bootstrap-key':
      return { TECHNO_BOOTSTRAP_KEY: secrets.bootstrapKey };
    case 'llm':
      return picked(caller, /^LLM_(BASE_URL|API_KEY|MODEL|INPUT_USD_PER_MTOK|OUTPUT_USD_PER_MTOK)$/);
    case 'upstream-secrets':
      return picked(caller, /^TECHNO_(SECRET_\w+|EGRESS_ALLOW)$/);
    case 'channels':
      return channels(addresses, secrets, caller);
    default:
      return assertNever(grant);
  }
}

/** The caller's own providers; the stand-ins for those channels that it names none for. */
function channels({ standIns }: Addresses, secrets: Secrets, caller: Environment): Record<string, string> {
  const url = `http://127.0.0.1:${standIns.httpPort}`;
  const own = picked(caller, /^CHANNEL_\w+$/);
  const allowed = [caller['TECHNO_EGRESS_ALLOW'], `127.0.0.1:${standIns.httpPort}`].filter(Boolean).join(',');
  const unlessNamed = (name: string, settings: Record<string, string>) => (own[name] === undefined ? settings : {});
  return {
    TECHNO_EGRESS_ALLOW: allowed,
    CHANNEL_WEBHOOK_KEY: secrets.channelKey,
    ...unlessNamed('CHANNEL_EMAIL_URL', {
      CHANNEL_EMAIL_URL: `smtp://127.0.0.1:${standIns.smtpPort}`,
      CHANNEL_EMAIL_PLAIN: 'true',
      CHANNEL_EMAIL_FROM: 'Techno OS <techno@example.org>',
    }),
    ...unlessNamed('CHANNEL_WHATSAPP_URL', {
      CHANNEL_WHATSAPP_URL: url,
      CHANNEL_WHATSAPP_TOKEN: 'stand-in',
      CHANNEL_WHATSAPP_KEYED: 'true',
      CHANNEL_WHATSAPP_PER_SECOND: '50',
      CHANNEL_WHATSAPP_BURST: '50',
    }),
    ...unlessNamed('CHANNEL_SMS_URL', {
      CHANNEL_SMS_URL: url,
      CHANNEL_SMS_ACCOUNT: 'AC-stand-in',
      CHANNEL_SMS_TOKEN: 'stand-in',
      CHANNEL_SMS_FROM: '+15005550006',
      CHANNEL_SMS_KEYED: 'true',
      CHANNEL_SMS_PER_SECOND: '50',
      CHANNEL_SMS_BURST: '50',
    }),
    ...own,
  };
}

function picked(caller: Environment, names: RegExp): Record<string, string> {
  const entries = Object.entries(caller).filter(([name, value]) => names.test(name) && value !== undefined);
  return Object.fromEntries(entries) as Record<string, string>;
}
