import { hexDigests, hmacSha256, matchingSecret } from '../matching-secret.ts';
import { bodyId } from '../message-id.ts';
import { type Delivery, type Rejected, rejected, type Verified, type WebhookScheme } from '../scheme.ts';
import { isLongEnough, LONG_ENOUGH } from '../shared-secret.ts';

const PREFIX = 'sha256=';

/**
 * `sha256=<hex HMAC-SHA256 of the body>`, as GitHub sends it.
 * https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 *
 * The id is the hash of the body and nothing else. X-GitHub-Delivery is not signed: were it part of the id, whoever caught one delivery
 * could send it again under a new delivery id and have it acted on again. A redelivery by GitHub carries the same body, hence the same
 * id. The price: two messages with equal bytes are one, for as long as ids are kept. GitHub's bodies carry ids and times of their own.
 */
export const github: WebhookScheme = {
  name: 'github',
  defaultHeader: 'x-hub-signature-256',
  secretRule: LONG_ENOUGH,
  isUsableSecret: isLongEnough,
  verify({ rawBody, header, secrets, headerName = 'x-hub-signature-256' }: Delivery): Verified | Rejected {
    const signature = header(headerName.toLowerCase());
    if (!signature) return rejected('WEBHOOK_SIGNATURE_MISSING');
    const given = signature.startsWith(PREFIX) ? hexDigests([signature.slice(PREFIX.length)]) : [];
    const expected = secrets.map((secret) => (isLongEnough(secret) ? hmacSha256(secret, rawBody) : undefined));
    const secretIndex = matchingSecret(expected, given);
    if (secretIndex === -1) return rejected('WEBHOOK_SIGNATURE_INVALID');
    return { ok: true, messageId: bodyId(rawBody), secretIndex };
  },
};
