/** Why a delivery was refused, with the sentence an operator reads. Closed: the counter of refusals has these labels and no others. */
export const WEBHOOK_REJECTIONS = {
  WEBHOOK_SIGNATURE_MISSING: 'The header that carries the signature or the token was not sent.',
  WEBHOOK_SIGNATURE_INVALID: 'No signature matches the body under any live secret.',
  WEBHOOK_TOKEN_INVALID: 'The token is not one of the live secrets.',
  WEBHOOK_TIMESTAMP_MISSING: 'The time of the attempt was not sent.',
  WEBHOOK_TIMESTAMP_INVALID: 'The time of the attempt is not whole seconds since 1970.',
  WEBHOOK_TIMESTAMP_TOO_OLD: 'The attempt was signed more than 300 seconds ago.',
  WEBHOOK_TIMESTAMP_TOO_NEW: 'The attempt was signed more than 300 seconds in the future.',
  WEBHOOK_ID_MISSING: 'The header webhook-id was not sent.',
  WEBHOOK_ID_INVALID: 'The header webhook-id is not 1 to 255 visible ASCII characters without a full stop.',
} as const;
export type WebhookRejection = keyof typeof WEBHOOK_REJECTIONS;

export const WEBHOOK_SCHEME_NAMES = ['standard', 'github', 'timestamped', 'token', 'bearer'] as const;
export type WebhookSchemeName = (typeof WEBHOOK_SCHEME_NAMES)[number];

export interface Delivery {
  /** The body exactly as received: signatures are over bytes, never over JSON written again. */
  readonly rawBody: Buffer;
  /** Asked with lower-case names only. */
  header(name: string): string | undefined;
  /** The live secrets of the source; several while one is being rotated. */
  readonly secrets: readonly string[];
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Replaces the scheme's `defaultHeader`. */
  readonly headerName?: string | undefined;
}

export interface Verified {
  readonly ok: true;
  /** The same for every retry of one message by its sender, and not to be changed by whoever replays it. */
  readonly messageId: string;
  /** When the sender signed this attempt, in milliseconds since the epoch. */
  readonly timestampMs?: number;
  /** Which of `secrets` it was. */
  readonly secretIndex: number;
}

export interface Rejected {
  readonly ok: false;
  readonly reason: WebhookRejection;
}

/** One way of proving where a delivery comes from. Pure, and constant-time in the secrets. */
export interface WebhookScheme {
  readonly name: WebhookSchemeName;
  /** Where the proof is read unless the source names another header. Absent where the scheme fixes its headers. */
  readonly defaultHeader?: string;
  /** What a secret must look like, for the error message. */
  readonly secretRule: string;
  /** A secret that is not usable matches nothing: an empty HMAC key would be known to everyone. */
  isUsableSecret(secret: string): boolean;
  verify(delivery: Delivery): Verified | Rejected;
}

export function rejected(reason: WebhookRejection): Rejected {
  return { ok: false, reason };
}
