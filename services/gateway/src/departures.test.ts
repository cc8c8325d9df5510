import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDepartures, type Departures } from './departures.ts';

let onTheWay: number;
let left: number[];
let departures: Departures;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
  [onTheWay, left] = [0, []];
  departures = createDepartures({ onTheWay: () => onTheWay });
});
afterEach(() => void vi.useRealTimers());

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** They join in one turn, and are on the way from now on. */
async function join(...requests: number[]): Promise<void> {
  for (const request of requests) {
    onTheWay++;
    void departures.join().then(() => left.push(request));
  }
  await turn();
  await turn();
}
async function ended(count: number): Promise<void> {
  onTheWay -= count;
  departures.returned();
  await turn();
  await turn();
}
async function pass(ms: number): Promise<void> {
  vi.advanceTimersByTime(ms);
  await turn();
}

describe('a request', () => {
  it('leaves at once where few are on the way', async () => {
    for (const request of [1, 2, 3]) {
      await join(request);
      await pass(1);
      expect(left).toHaveLength(request);
    }
  });

  it('leaves at once when it comes long after the one before, however many are on the way', async () => {
    onTheWay = 50;
    await join(1);
    await pass(20);
    await join(2);
    expect(left).toEqual([1, 2]);
  });

  it('waits until all that were on the way lately are together again', async () => {
    await join(1, 2, 3, 4, 5);
    expect(left).toHaveLength(5);
    await pass(8);
    await ended(5);
    await join(6, 7);
    await pass(1);
    await join(8, 9);
    expect(left).toHaveLength(5);
    await join(10);
    expect(left).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('waits a moment for who was just answered when nobody else is on the way', async () => {
    await join(1, 2, 3, 4);
    await join(5);
    expect(left).toHaveLength(4);
    await ended(4);
    await pass(2);
    expect(left).toHaveLength(4);
    await pass(1);
    expect(left).toEqual([1, 2, 3, 4, 5]);
  });

  it('waits no longer than fifteen milliseconds', async () => {
    await join(1, 2, 3, 4);
    await join(5);
    await pass(11);
    await join(6);
    await pass(3);
    expect(left).toHaveLength(4);
    await pass(1);
    expect(left).toEqual([1, 2, 3, 4, 5, 6]);
    // The next group has a wait of its own.
    await join(7);
    await pass(14);
    expect(left).toHaveLength(6);
    await pass(1);
    expect(left).toHaveLength(7);
  });

  it('does not wait for those who have stayed away', async () => {
    await join(1, 2, 3, 4, 5);
    await ended(5);
    for (let at = 0; at < 20; at++) {
      await pass(30);
      await join(6 + at);
      await ended(1);
    }
    await join(99);
    expect(left.at(-1)).toBe(99);
  });
});
