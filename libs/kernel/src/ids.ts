import { randomFillSync } from 'node:crypto';

// Random bytes are drawn 4 KiB at a time: one call per id costs more than the rest of making it.
const pool = Buffer.allocUnsafe(4096);
let used = pool.length;

function randomBytesPooled(length: number): Buffer {
  if (used + length > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += length;
  return pool.subarray(used - length, used);
}

/** `length` random bytes as lower-case hex. */
export function randomHex(length: number): string {
  return randomBytesPooled(length).toString('hex');
}

/**
 * A W3C trace-id (32 hex digits): 6 bytes of epoch milliseconds, then 10 random bytes. Starting with the time keeps rows of
 * one moment together in every index and sorts actions by their age; the random end is what ratio sampling reads.
 */
export function newW3cTraceId(nowMs: number): string {
  return Math.floor(nowMs).toString(16).padStart(12, '0') + randomHex(10);
}

/** A W3C span id: 16 hex digits. */
export function newSpanId(): string {
  return randomHex(8);
}

const TRACE_ID = /^tr_[0-9a-f]{32}$/;

/** The id a caller sees: `tr_` + the W3C trace-id, so that it opens the trace in Jaeger. */
export function traceIdFrom(w3cTraceId: string): string {
  return `tr_${w3cTraceId}`;
}

/** The W3C trace-id in it. */
export function w3cTraceIdOf(traceId: string): string {
  return traceId.slice('tr_'.length);
}

export function isTraceId(value: string): boolean {
  return TRACE_ID.test(value) && !value.endsWith('00000000000000000000000000000000');
}

/** A sortable id with a readable prefix: `dec_` + 12 hex of epoch milliseconds + 20 random hex. */
export function newId(prefix: string, nowMs: number): string {
  return `${prefix}_${Math.floor(nowMs).toString(16).padStart(12, '0')}${randomHex(10)}`;
}
