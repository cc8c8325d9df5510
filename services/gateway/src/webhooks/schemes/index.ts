import type { WebhookScheme, WebhookSchemeName } from '../scheme.ts';
import { bearer } from './bearer.ts';
import { github } from './github.ts';
import { standard } from './standard.ts';
import { timestamped } from './timestamped.ts';
import { token } from './token.ts';

/** Every scheme. A new one is its file, its name in scheme.ts, and its name here. */
export const webhookSchemes: Readonly<Record<WebhookSchemeName, WebhookScheme>> = {
  standard,
  github,
  timestamped,
  token,
  bearer,
};
