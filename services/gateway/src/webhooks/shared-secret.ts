export const LONG_ENOUGH = '16 to 256 characters';

/** The least that a shared secret must have; the most is what a row and a header bear. */
export function isLongEnough(secret: string): boolean {
  return secret.length >= 16 && secret.length <= 256;
}
