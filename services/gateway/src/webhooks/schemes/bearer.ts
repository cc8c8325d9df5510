import { type Delivery, type Rejected, rejected, type Verified, type WebhookScheme } from '../scheme.ts';
import { isToken, proveByToken, TOKEN_RULE } from './token.ts';

const PREFIX = 'Bearer ';

/**
 * A static token as `Authorization: Bearer …`, for senders that can set no header of their own, such as Alertmanager. As the token
 * scheme otherwise, and with the same id.
 */
export const bearer: WebhookScheme = {
  name: 'bearer',
  defaultHeader: 'authorization',
  secretRule: TOKEN_RULE,
  isUsableSecret: isToken,
  verify(delivery: Delivery): Verified | Rejected {
    const value = delivery.header((delivery.headerName ?? 'authorization').toLowerCase());
    if (!value) return rejected('WEBHOOK_SIGNATURE_MISSING');
    if (!value.startsWith(PREFIX)) return rejected('WEBHOOK_TOKEN_INVALID');
    return proveByToken(value.slice(PREFIX.length), delivery);
  },
};
