import { readFile } from 'node:fs/promises';
import { newApiKey, type ServiceName } from '@techno/contracts';
import { errorCode, randomHex, StartupError } from '@techno/kernel';
import { writeAtomically } from './atomic-file.ts';
import type { Home } from './home.ts';

/** Made once and kept in `secrets.json` (0600): other values than the data was made with would lock everyone out of it. */
export interface Secrets {
  /** The operator's. */
  readonly natsPassword: string;
  readonly natsPasswords: Readonly<Record<string, string>>;
  readonly postgresPassword: string;
  readonly rolePasswords: Readonly<Record<string, string>>;
  /** 32 bytes as hex, like the two below. */
  readonly keyPepper: string;
  readonly secretsKey: string;
  /** `k1:<hex>`. */
  readonly allowKeys: string;
  /** The admin key. */
  readonly bootstrapKey: string;
  readonly webhookSecret: string;
  /** 32 bytes as hex: the secrets of outgoing webhooks are derived from it. */
  readonly channelKey: string;
  /** Sent by the WhatsApp stand-in with its receipts. */
  readonly receiptsToken: string;
  /** Sent by Alertmanager with its alerts. */
  readonly alertsToken: string;
  /** The development key, once the gateway has given it out. */
  readonly apiKey?: string | undefined;
}

function newSecrets(services: readonly ServiceName[]): Secrets {
  return {
    natsPassword: randomHex(16),
    natsPasswords: Object.fromEntries(services.map((name) => [name, randomHex(16)])),
    postgresPassword: randomHex(16),
    rolePasswords: Object.fromEntries(services.map((name) => [name, randomHex(16)])),
    keyPepper: randomHex(32),
    secretsKey: randomHex(32),
    allowKeys: `k1:${randomHex(32)}`,
    bootstrapKey: newApiKey('live'),
    channelKey: randomHex(32),
    receiptsToken: randomHex(24),
    alertsToken: randomHex(24),
    webhookSecret: `whsec_${Buffer.from(randomHex(32), 'hex').toString('base64')}`,
  };
}

/**
 * The secrets of this home; made at the first start, and completed when a service was added since.
 * @throws StartupError SECRETS_UNREADABLE
 */
export async function loadSecrets(home: Home, services: readonly ServiceName[]): Promise<Secrets> {
  const fresh = newSecrets(services);
  const kept = await readSecrets(home);
  const secrets = {
    ...fresh,
    ...kept,
    natsPasswords: { ...fresh.natsPasswords, ...kept?.natsPasswords },
    rolePasswords: { ...fresh.rolePasswords, ...kept?.rolePasswords },
  };
  saveSecrets(home, secrets);
  return secrets;
}

async function readSecrets(home: Home): Promise<Secrets | undefined> {
  try {
    return JSON.parse(await readFile(home.secrets, 'utf8')) as Secrets;
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    throw new StartupError(
      'SECRETS_UNREADABLE',
      `${home.secrets} cannot be read: ${(cause as Error).message}`,
      `Restore it or its rights. Without it the data cannot be opened; 'npm run reset' begins anew.`,
      { cause },
    );
  }
}

export function saveSecrets(home: Home, secrets: Secrets): void {
  writeAtomically(home.secrets, secrets);
}
