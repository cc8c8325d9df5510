import { createHash, createHmac, randomBytes } from 'node:crypto';

/**
 * `sk_live_<32 base62 characters><6 of checksum>`: 32 × log2(62) = 190 random bits. The checksum lets the edge refuse a
 * mistyped or invented key without asking anyone; it proves nothing, the keyed hash does.
 */
const KEY = /^sk_(live|test)_([0-9A-Za-z]{32})([0-9A-Za-z]{6})$/;
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export type ApiKeyMode = 'live' | 'test';

/** 40 bits in six digits. Every request pays for it, so it does without big integers. */
function checksum(mode: string, secret: string): string {
  let number = createHash('sha256').update(`techno:${mode}:${secret}`).digest().readUIntBE(0, 5);
  let text = '';
  for (let digit = 0; digit < 6; digit++) {
    text = ALPHABET.charAt(number % 62) + text;
    number = Math.floor(number / 62);
  }
  return text;
}

/** 32 random digits. A byte past the last multiple of 62 is left out, so that none is more likely than another. */
function randomSecret(): string {
  let text = '';
  while (text.length < 32) {
    for (const byte of randomBytes(64)) if (byte < 248 && text.length < 32) text += ALPHABET.charAt(byte % 62);
  }
  return text;
}

/** A new raw key. It is shown once and never stored. */
export function newApiKey(mode: ApiKeyMode): string {
  const secret = randomSecret();
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
