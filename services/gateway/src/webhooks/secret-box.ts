import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { TerminalError } from '@techno/kernel';

/** Keys by id, so that one can be replaced while rows sealed with the other are still there. Each has 32 bytes. */
export interface SecretsKeys {
  readonly current: string;
  readonly keys: ReadonlyMap<string, Buffer>;
}

const VERSION = 'v1';
const CIPHER = 'aes-256-gcm';
// NIST SP 800-38D: 96 bits of nonce, the full 128 bits of tag. At random nonces one key is good for 2^32 seals.
const IV_BYTES = 12;
const TAG_BYTES = 16;
const BASE64URL = /^[A-Za-z0-9_-]*$/;

/** The id of a key that was configured without one. */
const BARE_KEY_ID = 'default';

/**
 * Seals a secret for storage with AES-256-GCM: `v1.<key id>.<iv>.<tag>.<ciphertext>`, the last three base64url.
 * `context` (the source's name) is authenticated: a sealed secret copied into another row does not open.
 */
export function seal(plaintext: string, keys: SecretsKeys, context: string): string {
  const key = keys.keys.get(keys.current);
  if (key === undefined) throw new RangeError(`secrets key '${keys.current}' is not among the keys`);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(bound(keys.current, context));
  const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
  const parts = [iv, cipher.getAuthTag(), ciphertext].map((part) => part.toString('base64url'));
  return [VERSION, keys.current, ...parts].join('.');
}

/**
 * Opens what `seal` made for the same context. Throws a TerminalError: SECRET_MALFORMED (not such a string), SECRET_KEY_UNKNOWN (its key
 * is no longer configured), SECRET_TAMPERED (altered, or sealed for another context or under another key of that id).
 */
export function open(sealed: string, keys: SecretsKeys, context: string): string {
  const [version, keyId, ivText, tagText, ciphertextText, ...more] = sealed.split('.');
  if (version !== VERSION || !keyId || more.length > 0) throw malformed();
  const iv = decoded(ivText);
  const tag = decoded(tagText);
  const ciphertext = decoded(ciphertextText);
  // A shorter tag would be accepted as far as it goes, and be easier to guess.
  if (iv.length !== IV_BYTES || tag.length !== TAG_BYTES) throw malformed();
  const key = keys.keys.get(keyId);
  if (key === undefined) throw new TerminalError('SECRET_KEY_UNKNOWN', `the secrets key '${keyId}' is not configured`);
  const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(bound(keyId, context)).setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new TerminalError('SECRET_TAMPERED', 'the sealed secret was altered or belongs elsewhere', { cause });
  }
}

/**
 * Reads `id:hex,id:hex`, or one bare hex key (its id is `default`). The first is the one that seals. Keys have 64 hex digits.
 * Throws a RangeError that says what is wrong and repeats no key.
 */
export function parseSecretsKeys(text: string): SecretsKeys {
  const keys = new Map<string, Buffer>();
  const bare = !/[,:]/.test(text);
  for (const entry of (bare ? `${BARE_KEY_ID}:${text}` : text).split(',')) {
    const match = /^([A-Za-z0-9_-]{1,32}):([0-9a-f]{64})$/i.exec(entry.trim());
    if (match === null) throw new RangeError('expected id:hex[,id:hex…] or one hex key, each of 64 hex digits (32 bytes)');
    const [, id = '', hex = ''] = match;
    if (keys.has(id)) throw new RangeError(`the key id '${id}' is given twice`);
    keys.set(id, Buffer.from(hex, 'hex'));
  }
  const [current = BARE_KEY_ID] = keys.keys();
  return { current, keys };
}

/** Neither a version nor a key id holds a full stop, so no two pairs read the same. */
function bound(keyId: string, context: string): Buffer {
  return Buffer.from(`${VERSION}.${keyId}.${context}`);
}

function decoded(text: string | undefined): Buffer {
  if (text === undefined || !BASE64URL.test(text)) throw malformed();
  const bytes = Buffer.from(text, 'base64url');
  // Spare bits in the last digit are not covered by the tag.
  if (bytes.toString('base64url') !== text) throw malformed();
  return bytes;
}

function malformed(): TerminalError {
  return new TerminalError('SECRET_MALFORMED', 'the sealed secret is not of the form v1.<key id>.<iv>.<tag>.<ciphertext>');
}
