import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTraceId, newId, newSpanId, newW3cTraceId, randomHex, traceIdFrom } from './ids.ts';

/** Any time from 1970 to the year 10889, when milliseconds outgrow 48 bits. */
const anyTimeMs = fc.integer({ min: 0, max: 2 ** 48 - 1 });

describe('form', () => {
  it.each([0, 1, 8, 10, 16, 4096])('randomHex(%i) has two digits a byte', (length) => {
    expect(randomHex(length)).toMatch(new RegExp(`^[0-9a-f]{${length * 2}}$`));
  });

  it('a span id has 16 digits', () => {
    expect(newSpanId()).toMatch(/^[0-9a-f]{16}$/);
  });

  it('a trace id has 32 digits and begins with its seconds', () => {
    fc.assert(
      fc.property(anyTimeMs, (nowMs) => {
        const id = newW3cTraceId(nowMs);
        expect(id).toMatch(/^[0-9a-f]{32}$/);
        expect(Number.parseInt(id.slice(0, 12), 16)).toBe(nowMs);
        expect(isTraceId(traceIdFrom(id))).toBe(true);
      }),
    );
  });

  it('an id has its prefix and 32 digits that begin with its milliseconds', () => {
    fc.assert(
      fc.property(anyTimeMs, (nowMs) => {
        const id = newId('dec', nowMs);
        expect(id).toMatch(/^dec_[0-9a-f]{32}$/);
        expect(Number.parseInt(id.slice(4, 16), 16)).toBe(nowMs);
      }),
    );
  });
});

describe('uniqueness', () => {
  // Far more than one pool of 4 KiB holds: a byte given out twice would show.
  it.each<[string, () => string]>([
    ['trace ids', () => newW3cTraceId(1_780_000_000_000)],
    ['span ids', newSpanId],
    ['ids', () => newId('dec', 1_780_000_000_000)],
  ])('%s of one moment differ', (_name, make) => {
    expect(new Set(Array.from({ length: 20_000 }, make)).size).toBe(20_000);
  });

  it('holds when lengths are mixed over the end of the pool', () => {
    const parts = Array.from({ length: 20_000 }, (_, index) => randomHex(8 + (index % 5)).slice(0, 16));
    expect(new Set(parts).size).toBe(20_000);
  });

  it('draws every byte', () => {
    const seen = new Set(randomHex(4096).match(/../g));
    for (let index = 0; index < 3; index++) for (const byte of randomHex(4096).match(/../g) ?? []) seen.add(byte);
    expect(seen.size).toBe(256);
  });
});

describe('order', () => {
  it('ids sort by their time, trace ids by its seconds', () => {
    fc.assert(
      fc.property(anyTimeMs, anyTimeMs, (a, b) => {
        fc.pre(a < b);
        expect(newId('x', a) < newId('x', b)).toBe(true);
        if (a < b) expect(newW3cTraceId(a) < newW3cTraceId(b)).toBe(true);
      }),
    );
  });
});

describe('isTraceId', () => {
  const hex = 'a'.repeat(32);
  it.each([
    [`tr_${hex}`, true],
    [`tr_${'0'.repeat(31)}1`, true],
    [`tr_${'0'.repeat(32)}`, false],
    [`tr_${hex}a`, false],
    [`tr_${hex.slice(1)}`, false],
    [`tr_${hex.toUpperCase()}`, false],
    [`tr_${hex.slice(1)}g`, false],
    [hex, false],
    [`TR_${hex}`, false],
    [` tr_${hex}`, false],
    [`tr_${hex}\n`, false],
    ['', false],
  ])('%j: %s', (value, expected) => {
    expect(isTraceId(value)).toBe(expected);
  });
});
