import { busRights, SERVICES } from '@techno/contracts';

/** The variable of the environment in which nats-server finds a user's password. */
export const passwordVariable = (user: string): string => `NATS_PASSWORD_${user.replaceAll('-', '_').toUpperCase()}`;

/** The operator's user on the bus. */
export const OPERATOR = 'operator';

/**
 * The `authorization` block of nats-server for compose and the cluster: the same rights that the embedded server is given.
 * Its passwords are references to the environment, and read as if they stood there: one that begins with a letter is never
 * taken for a number.
 */
export function natsAuthorization(): string {
  const users = [
    { user: OPERATOR, password: passwordVariable(OPERATOR) },
    ...SERVICES.map((service) => ({ user: service, password: passwordVariable(service), permissions: busRights(service) })),
  ];
  // JSON but for the references, which in quotation marks would be passwords themselves.
  const text = JSON.stringify({ users }, null, 2).replaceAll(/"password": "(NATS_PASSWORD_\w+)"/g, '"password": $$$1');
  return `# Made from libs/contracts/src/bus-rights.ts; \`npx vitest run tests/ship -u\` writes it anew.\nauthorization: ${text}\n`;
}
