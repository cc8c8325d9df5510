import { newSpanId, newW3cTraceId } from '@techno/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTraceparent, parseTraceparent } from './traceparent.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('traceparent', () => {
  it('comes back as it went', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), fc.boolean(), (seconds, sampled) => {
        const parent = { traceId: newW3cTraceId(seconds * 1000), spanId: newSpanId(), sampled };
        expect(parseTraceparent(formatTraceparent(parent.traceId, parent.spanId, parent.sampled))).toEqual(parent);
      }),
    );
  });

  it.each([
    ['a later version', `cc-${TRACE}-${SPAN}-01-what-the-future-holds`, true],
    ['other flags', `00-${TRACE}-${SPAN}-02`, false],
    ['other flags beside sampled', `00-${TRACE}-${SPAN}-03`, true],
  ])('reads %s', (_, text, sampled) => {
    expect(parseTraceparent(text)).toEqual({ traceId: TRACE, spanId: SPAN, sampled });
  });

  it.each([
    ['nothing', undefined],
    ['an empty header', ''],
    ['an all-zero trace', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['an all-zero span', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['a short trace', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['something behind', `00-${TRACE}-${SPAN}-011`],
    ['something before', ` 00-${TRACE}-${SPAN}-01`],
    ['missing flags', `00-${TRACE}-${SPAN}`],
  ])('refuses %s', (_, text) => expect(parseTraceparent(text)).toBeUndefined());
});
