import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePrefer } from './prefer.ts';

type Read = { respondAsync: boolean; waitMs?: number };
const nothing: Read = { respondAsync: false };

describe('parsePrefer', () => {
  it.each<[string, string | string[] | undefined, Read, string]>([
    ['not sent', undefined, nothing, ''],
    ['empty', '', nothing, ''],
    ['respond-async', 'respond-async', { respondAsync: true }, 'respond-async'],
    ['capitals', 'Respond-ASYNC', { respondAsync: true }, 'respond-async'],
    ['wait', 'wait=10', { respondAsync: false, waitMs: 10_000 }, 'wait=10'],
    ['both', 'respond-async, wait=10', { respondAsync: true, waitMs: 10_000 }, 'respond-async, wait=10'],
    ['both, the other way round', 'wait=10,respond-async', { respondAsync: true, waitMs: 10_000 }, 'respond-async, wait=10'],
    ['several headers', ['respond-async', 'wait=5'], { respondAsync: true, waitMs: 5_000 }, 'respond-async, wait=5'],
    ['blanks everywhere', ' ,\t respond-async ,, WAIT \t=  7 , ', { respondAsync: true, waitMs: 7_000 }, 'respond-async, wait=7'],
    ['quoted', 'wait="20"', { respondAsync: false, waitMs: 20_000 }, 'wait=20'],
    ['quoted with an escape', 'wait="2\\0"', { respondAsync: false, waitMs: 20_000 }, 'wait=20'],
    ['zero', 'wait=0', { respondAsync: false, waitMs: 0 }, 'wait=0'],
    ['capped', 'wait=3600', { respondAsync: false, waitMs: 60_000 }, 'wait=60'],
    ['absurdly long', `wait=${'9'.repeat(400)}`, { respondAsync: false, waitMs: 60_000 }, 'wait=60'],
    ['the first counts', 'wait=3, wait=9', { respondAsync: false, waitMs: 3_000 }, 'wait=3'],
    ['the first counts, over headers', ['wait=3', 'Wait=9'], { respondAsync: false, waitMs: 3_000 }, 'wait=3'],
    ['the first counts, valid or not', 'wait=soon, wait=9', nothing, ''],
    [
      'with parameters',
      'respond-async; foo="a,b"; bar, wait=1;x',
      { respondAsync: true, waitMs: 1_000 },
      'respond-async, wait=1',
    ],
    ['an empty value is no value', 'respond-async="", wait=', { respondAsync: true }, 'respond-async'],
    ['negative', 'wait=-1', nothing, ''],
    ['a fraction', 'wait=1.5', nothing, ''],
    ['an exponent', 'wait=1e1', nothing, ''],
    ['a unit', 'wait=10s', nothing, ''],
    ['no value', 'wait', nothing, ''],
    ['two words', 'wait=1 2', nothing, ''],
    ['two equals signs', 'wait==1', nothing, ''],
    ['respond-async with a value', 'respond-async=false', nothing, ''],
    ['others', 'return=minimal, handling=lenient, wait=4', { respondAsync: false, waitMs: 4_000 }, 'wait=4'],
    ['inside quotes', 'note="respond-async, wait=9"', nothing, ''],
    ['an unclosed quote', 'wait=2, note="respond-async, wait=9', { respondAsync: false, waitMs: 2_000 }, 'wait=2'],
    ['part of a longer name', 'xrespond-async, waiting=3', nothing, ''],
  ])('%s', (_name, header, read, applied) => {
    const { applied: appliedOf, ...rest } = parsePrefer(header);
    expect(rest).toEqual(read);
    expect(appliedOf()).toBe(applied);
  });

  it('does not claim respond-async for an answer that came in time', () => {
    expect(parsePrefer('respond-async, wait=10').applied('sync')).toBe('wait=10');
    expect(parsePrefer('respond-async').applied('sync')).toBe('');
  });

  it('takes any text without throwing, within its bounds', () => {
    const hostile = fc
      .array(fc.constantFrom('wait', '=', '"', '\\', ',', ';', ' ', '\t', '9', 'respond-async', '\n', 'é'))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: 'binary' })), (header) => {
        const { waitMs = 0 } = parsePrefer(header);
        expect(waitMs >= 0 && waitMs <= 60_000 && Number.isInteger(waitMs)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
