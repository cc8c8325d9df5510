import { createHash, createHmac, randomBytes } from 'node:crypto';

/**
 * `sk_live_<32 base62 characters><6 of checksum>`: 32 × log2(62) = 190 random bits. The checksum lets the edge refuse a
 * mistyped or invented key without asking anyone; it proves nothing, the keyed hash does.
 */
const KEY = /^sk_(live|test)_([0-9A-Za-z]{32})([0-9A-Za-z]{6})$/;
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export type ApiKeyMode = 'live' | 'test';

function base62(bytes: Uint8Array, length: number): string {
  let number = 0n;
  for (const byte of bytes) number = (number << 8n) | BigInt(byte);
  let text = '';
  for (let index = 0; index < length; index++) {
    text = ALPHABET.charAt(Number(number % 62n)) + text;
    number /= 62n;
  }
  return text;
}

function checksum(mode: string, secret: string): string {
  return base62(createHash('sha256').update(`techno:${mode}:${secret}`).digest().subarray(0, 5), 6);
}

/** A new raw key. It is shown once and never stored. */
export function newApiKey(mode: ApiKeyMode): string {
  // 40 bytes for 32 digits: the bias of the modulus is below 2^-128.
  const secret = base62(randomBytes(40), 32);
  return `sk_${mode}_${secret}${checksum(mode, secret)}`;
}

/** Whether the key has the form and the checksum of one of ours. */
export function isWellFormedApiKey(key: string): boolean {
  const match = KEY.exec(key);
  if (match === null) return false;
  const [, mode, secret, sum] = match;
  return checksum(mode ?? '', secret ?? '') === sum;
}

/** What is stored and what travels: HMAC-SHA256 (hex) of the key under the pepper. */
export function hashApiKey(key: string, pepper: Buffer): string {
  return createHmac('sha256', pepper).update(key).digest('hex');
}

/** The part that may be shown in a list: mode and first four characters. */
export function apiKeyHint(key: string): string {
  return `${key.slice(0, 12)}…`;
}
