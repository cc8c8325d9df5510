// Prints a `.env` for docker-compose.yml with fresh secrets. In the image too, for machines without Node (docs/DEPLOY.md).
import { newApiKey } from '@techno/contracts';
import { randomHex } from '@techno/kernel';

// Letters and digits only: they stand in URLs. The first one is a letter: nats-server would take `12e3…` for a number.
const password = () => `p${randomHex(24)}`;

const secrets = {
  NATS_PASSWORD: password(),
  POSTGRES_PASSWORD: password(),
  DATABASE_PASSWORD_GATEWAY: password(),
  DATABASE_PASSWORD_GATE_ENGINE: password(),
  DATABASE_PASSWORD_EXECUTOR: password(),
  DATABASE_PASSWORD_AUDITOR: password(),
  DATABASE_PASSWORD_NOTIFIER: password(),
  DATABASE_PASSWORD_DLQ_REPLAYER: password(),
  TECHNO_KEY_PEPPER: randomHex(32),
  TECHNO_SECRETS_KEY: randomHex(32),
  TECHNO_ALLOW_KEYS: `k1:${randomHex(32)}`,
  TECHNO_BOOTSTRAP_KEY: newApiKey('live'),
  CHANNEL_WEBHOOK_KEY: randomHex(32),
};

process.stdout.write(
  `${Object.entries(secrets)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`,
);
