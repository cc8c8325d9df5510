import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coveredShare, extractConfidence, groundedConfidence } from './confidence.ts';

describe('of an extract', () => {
  it('is full where it covers all of a text in prose, and less for each lack', () => {
    const sentences = ['The bridge opened on Monday.'];
    expect(extractConfidence({ covered: 1, sentences, language: 'en' })).toBe(1);
    expect(extractConfidence({ covered: 0.25, sentences, language: 'en' })).toBe(0.5);
    expect(extractConfidence({ covered: 1, sentences, language: 'und' })).toBe(0.75);
    expect(extractConfidence({ covered: 1, sentences: ['Home | News | Contact'], language: 'en' })).toBe(0);
    expect(extractConfidence({ covered: 1, sentences: [], language: 'en' })).toBe(0);
  });

  it('is a share, and grows with what is covered', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (a, b) => {
        const of = (covered: number) => extractConfidence({ covered, sentences: ['It is a sentence here.'], language: 'en' });
        expect(of(a)).toBeGreaterThanOrEqual(0);
        expect(of(a)).toBeLessThanOrEqual(1);
        if (a < b) expect(of(a)).toBeLessThanOrEqual(of(b));
      }),
    );
  });

  it('counts frequent words for more', () => {
    expect(coveredShare(['bridge', 'bridge', 'bridge', 'lane'], new Set(['bridge']))).toBe(0.75);
    expect(coveredShare([], new Set())).toBe(0);
  });
});

describe('of a model’s answer', () => {
  it('is the share of what it says that the text says too', () => {
    const text = 'The old bridge reopened on Monday with two lanes.';
    expect(groundedConfidence('The bridge reopened Monday.', text, 'en')).toBe(1);
    expect(groundedConfidence('The bridge collapsed yesterday, killing dozens.', text, 'en')).toBe(0.2);
    expect(groundedConfidence('', text, 'en')).toBe(0);
  });
});
