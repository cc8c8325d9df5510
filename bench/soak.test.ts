import { describe, expect, it } from 'vitest';
import { trendOf } from './soak.ts';

const MIB = 1024 * 1024;
const run = (bytesAt: (seconds: number) => number) =>
  trendOf(
    'gateway',
    Array.from({ length: 61 }, (_, index) => [index * 5, bytesAt(index * 5)] as const),
  );

describe('trendOf', () => {
  it('finds a saw-tooth flat', () => expect(run((seconds) => (100 + (seconds % 40)) * MIB).flat).toBe(true));
  it('ignores growth while settling', () => expect(run((seconds) => Math.min(seconds, 60) * 5 * MIB).flat).toBe(true));
  it('finds a leak under the noise', () => {
    const trend = run((seconds) => (100 + (seconds % 40) + seconds * 0.2) * MIB);
    expect(trend.flat).toBe(false);
    expect(trend.growthBytes / MIB).toBeGreaterThan(40);
  });
  it('has nothing against shrinking', () => expect(run((seconds) => (400 - seconds) * MIB).flat).toBe(true));
});
