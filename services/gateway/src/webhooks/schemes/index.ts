import type { WebhookScheme, WebhookSchemeName } from '../scheme.ts';
import { github } from './github.ts';
import { standard } from './standard.ts';
import { timestamped } from './timestamped.ts';
import { token } from './token.ts';

/** Every scheme. A new one is its file, its name in scheme.ts, and a line here. */
export const webhookSchemes: readonly WebhookScheme[] = [standard, github, timestamped, token];

/** The scheme of that name. */
export function webhookScheme(name: WebhookSchemeName): WebhookScheme {
  const scheme = webhookSchemes.find((candidate) => candidate.name === name);
  if (scheme === undefined) throw new Error(`no webhook scheme is named '${name}'`);
  return scheme;
}
