import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { ActionRequest } from './actions.ts';

/** What an ALLOW binds together. Times are RFC 3339. */
export interface AllowClaim {
  readonly decisionId: string;
  readonly traceId: string;
  readonly action: string;
  readonly inputHash: string;
  /** Whose action it is, `<role> <id>`: a composite asks for its steps in their name. */
  readonly principal: string;
  readonly policyRevision: number;
  readonly executor: string;
  readonly expiresAt: string;
}

/** Keys by id, so that one can be rotated while messages signed with the other are still under way. */
export interface AllowKeys {
  readonly current: string;
  readonly keys: ReadonlyMap<string, Buffer>;
}

/** SHA-256 (hex) of the request as JSON. Both sides parse the same JSON, so both serialise it alike. */
export function inputHash(request: ActionRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([request.action, request.context_id, request.payload]))
    .digest('hex');
}

function mac(claim: AllowClaim, key: Buffer): Buffer {
  // Length-prefixed, so that no two different claims read the same.
  const { decisionId, traceId, action, inputHash: hash, principal, policyRevision, executor, expiresAt } = claim;
  const parts = [decisionId, traceId, action, hash, principal, String(policyRevision), executor, expiresAt];
  return createHmac('sha256', key)
    .update(parts.map((part) => `${part.length}:${part}`).join('|'))
    .digest();
}

/** Signs a claim with the current key. */
export function signAllow(claim: AllowClaim, keys: AllowKeys): { keyId: string; signature: string } {
  const key = keys.keys.get(keys.current);
  if (key === undefined) throw new Error(`allow key '${keys.current}' is not among the keys`);
  return { keyId: keys.current, signature: mac(claim, key).toString('base64url') };
}

export type AllowVerdict = 'valid' | 'expired' | 'unknown_key' | 'bad_signature';

/** Constant-time in the signature. `nowMs` is milliseconds since the epoch. */
export function verifyAllow(
  claim: AllowClaim,
  signed: { keyId: string; signature: string },
  keys: AllowKeys,
  nowMs: number,
): AllowVerdict {
  const key = keys.keys.get(signed.keyId);
  if (key === undefined) return 'unknown_key';
  const expected = mac(claim, key);
  const given = Buffer.from(signed.signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'bad_signature';
  if (!(Date.parse(claim.expiresAt) > nowMs)) return 'expired';
  return 'valid';
}

/** Reads `id:hex,id:hex`; the first is the one that signs. Throws a RangeError that says what is wrong and repeats no key. */
export function parseAllowKeys(text: string): AllowKeys {
  const keys = new Map<string, Buffer>();
  for (const entry of text.split(',')) {
    const match = /^([A-Za-z0-9_-]{1,32}):((?:[0-9a-f]{2}){32,})$/i.exec(entry.trim());
    if (match === null) throw new RangeError('expected id:hex[,id:hex…] with keys of at least 32 bytes');
    const [, id = '', hex = ''] = match;
    if (keys.has(id)) throw new RangeError(`the key id '${id}' is given twice`);
    keys.set(id, Buffer.from(hex, 'hex'));
  }
  const [current = ''] = keys.keys();
  return { current, keys };
}
