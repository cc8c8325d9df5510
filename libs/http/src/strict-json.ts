import { isAscii, isUtf8 } from 'node:buffer';

import { TerminalError } from '@techno/kernel';

import { findFault } from './strict-json-fault.ts';

export type PayloadErrorCode = 'PAYLOAD_INVALID' | 'PAYLOAD_TOO_DEEP';

/** Why a text is not accepted as JSON. `position` is an index into the decoded text (UTF-16 units), 0 where bytes did not decode. */
export class PayloadError extends TerminalError {
  declare readonly code: PayloadErrorCode;
  readonly detail: string;
  readonly position: number;

  constructor(code: PayloadErrorCode, detail: string, position: number) {
    super(code, detail);
    this.detail = detail;
    this.position = position;
  }
}

/**
 * JSON.parse for what strangers send. Refused beyond JSON's own grammar: invalid UTF-8, duplicate keys, keys that pollute
 * prototypes (`__proto__`; `constructor` holding `prototype`), numbers that overflow to Infinity, lone surrogates, and nesting
 * deeper than `maxDepth` containers (default 64).
 *
 * The good case costs one scan, one native parse and one walk. A duplicate key is seen by counting: every member has one colon
 * outside strings, and the parser keeps only one member per key, so fewer keys than colons means a duplicate. Only a refused
 * text is read a second time, slowly, to say what is wrong and where.
 *
 * @throws PayloadError
 */
export function parseStrictJson(input: Uint8Array | string, options?: { maxDepth?: number }): unknown {
  const maxDepth = options?.maxDepth ?? 64;
  const text = typeof input === 'string' ? input : decode(input);
  const colons = scan(text, maxDepth);
  if (colons === REFUSED) throw refusal(text, maxDepth);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refusal(text, maxDepth);
  }
  const escaped = text.includes('\\u') || typeof input === 'string';
  if (countMembers(value, escaped) !== colons) throw refusal(text, maxDepth);
  return value;
}

function decode(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isAscii(buffer)) return buffer.toString('latin1');
  if (!isUtf8(buffer)) throw new PayloadError('PAYLOAD_INVALID', 'the body is not valid UTF-8', 0);
  return buffer.toString('utf8');
}

function refusal(text: string, maxDepth: number): PayloadError {
  const fault = findFault(text, maxDepth);
  // The two readings are held to each other by a property test; if they ever differ, the text is still refused.
  if (fault === undefined) return new PayloadError('PAYLOAD_INVALID', 'the body is not acceptable JSON', 0);
  return new PayloadError(fault.code, fault.detail, fault.position);
}

const REFUSED = -1;

/** How many colons stand outside strings; REFUSED when nested too deeply or a string never ends. */
function scan(text: string, maxDepth: number): number {
  const escapes = text.includes('\\');
  let colons = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = endOfString(text, at + 1, escapes);
        if (at === REFUSED) return REFUSED;
        break;
      case 0x3a: // :
        colons += 1;
        break;
      case 0x5b: // [
      case 0x7b: // {
        depth += 1;
        if (depth > maxDepth) return REFUSED;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth -= 1;
        break;
    }
  }
  return colons;
}

function endOfString(text: string, from: number, escapes: boolean): number {
  if (!escapes) return text.indexOf('"', from);
  for (let at = from; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) return at;
    if (unit === 0x5c) at += 1;
  }
  return REFUSED;
}

/** How many members all objects hold together; NaN (equal to nothing) as soon as one value is refused. */
function countMembers(value: unknown, escaped: boolean): number {
  if (typeof value === 'string') return escaped && !value.isWellFormed() ? Number.NaN : 0;
  if (typeof value === 'number') return Number.isFinite(value) ? 0 : Number.NaN;
  if (typeof value !== 'object' || value === null) return 0;
  let members = 0;
  if (Array.isArray(value)) {
    for (const item of value) members += countMembers(item, escaped);
    return members;
  }
  // JSON.parse makes every key, `__proto__` included, an own enumerable property of a plain object.
  for (const key in value) {
    const child = (value as Record<string, unknown>)[key];
    if (isPollution(key, child) || (escaped && !key.isWellFormed())) return Number.NaN;
    members += 1 + countMembers(child, escaped);
  }
  return members;
}

function isPollution(key: string, child: unknown): boolean {
  if (key === '__proto__') return true;
  return key === 'constructor' && typeof child === 'object' && child !== null && Object.hasOwn(child, 'prototype');
}
