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
  it.each([
    ['that begins late', (seconds: number) => 100 + Math.max(0, seconds - 180) * 0.4],
    ['that comes in steps', (seconds: number) => 100 + Math.floor(seconds / 50) * 10],
    ['beside a step', (seconds: number) => (seconds < 210 ? 150 : 182) + seconds * 0.1],
  ])('finds a leak %s', (_, mebibytesAt) => expect(run((seconds) => mebibytesAt(seconds) * MIB).flat).toBe(false));
  it.each([65, 120, 180, 215, 295])('finds one step to another working size flat, at %i s', (at) =>
    // As it was seen of nats-server: 20 MiB within ten seconds, and some noise.
    expect(run((seconds) => (150 + (seconds % 15) / 5 + Math.min(20, Math.max(0, (seconds - at) * 2))) * MIB).flat).toBe(true),
  );
  it('has nothing against shrinking', () => expect(run((seconds) => (400 - seconds) * MIB).flat).toBe(true));
});
