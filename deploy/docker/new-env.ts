// Prints a `.env` for docker-compose.yml with fresh secrets. In the image too, for machines without Node (docs/DEPLOY.md).
import { newApiKey, SERVICES } from '@techno/contracts';
import { randomHex } from '@techno/kernel';
import { OPERATOR, passwordVariable } from './nats-authorization.ts';

// Letters and digits only: they stand in URLs. The first one is a letter: nats-server would take `12e3…` for a number.
const password = () => `p${randomHex(24)}`;

const databaseVariable = (service: string) => `DATABASE_PASSWORD_${service.replaceAll('-', '_').toUpperCase()}`;

const secrets = {
  ...Object.fromEntries([OPERATOR, ...SERVICES].map((user) => [passwordVariable(user), password()])),
  POSTGRES_PASSWORD: password(),
  ...Object.fromEntries(SERVICES.map((service) => [databaseVariable(service), password()])),
  GRAFANA_PASSWORD: password(),
  ALERTS_TOKEN: password(),
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
