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
const ended = (count: number) => void (onTheWay -= count);

describe('a request', () => {
  it('that is the only one leaves at once', async () => {
    await join(1);
    expect(left).toEqual([1]);
  });

  it('that comes long after the last one leaves at once, however many are on the way', async () => {
    onTheWay = 50;
    vi.advanceTimersByTime(1_000);
    await join(1);
    vi.advanceTimersByTime(20);
    await join(2);
    expect(left).toEqual([1, 2]);
  });

  it('waits for others until they are half of all that are on the way', async () => {
    await join(1, 2, 3, 4);
    expect(left).toEqual([1, 2, 3, 4]);
    await join(5);
    await join(6);
    await join(7);
    expect(left).toHaveLength(4);
    await join(8);
    expect(left).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('waits for fewer when some have ended meanwhile', async () => {
    await join(1, 2, 3, 4);
    await join(5);
    ended(4);
    await join(6);
    expect(left).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('waits no longer than ten milliseconds', async () => {
    await join(1, 2, 3, 4);
    await join(5);
    vi.advanceTimersByTime(6);
    await join(6);
    vi.advanceTimersByTime(3);
    await turn();
    expect(left).toHaveLength(4);
    vi.advanceTimersByTime(1);
    await turn();
    expect(left).toEqual([1, 2, 3, 4, 5, 6]);
    // The next group has a wait of its own.
    await join(7);
    vi.advanceTimersByTime(9);
    await turn();
    expect(left).toHaveLength(6);
    vi.advanceTimersByTime(1);
    await turn();
    expect(left).toHaveLength(7);
  });
});
