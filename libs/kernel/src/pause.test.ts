import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { every, pause } from './pause.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('pause', () => {
  it('lasts its time, and leaves no listener behind', async () => {
    const { signal } = new AbortController();
    const ended = vi.fn<() => void>();
    const pausing = pause(1_000, signal).then(ended);
    await vi.advanceTimersByTimeAsync(999);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await pausing;
    expect(ended).toHaveBeenCalledOnce();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('ends with the signal, and leaves no timer behind', async () => {
    const stop = new AbortController();
    const pausing = pause(1_000, stop.signal);
    stop.abort();
    await pausing;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not begin after the signal', async () => {
    await pause(1_000, AbortSignal.abort());
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('every', () => {
  it('counts the interval from the end of the work, so that work never overlaps', async () => {
    const stop = new AbortController();
    const begun: number[] = [];
    const work = async () => {
      begun.push(Date.now());
      await pause(300, stop.signal);
    };
    const start = Date.now();
    const running = every(1_000, stop.signal, work);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(begun.map((at) => at - start)).toEqual([1_000, 2_300, 3_600]);
    stop.abort();
    await running;
    expect(begun).toHaveLength(3);
  });

  it('does not work once more on its way out', async () => {
    const stop = new AbortController();
    const work = vi.fn<() => Promise<void>>();
    const running = every(1_000, stop.signal, work);
    stop.abort();
    await running;
    expect(work).not.toHaveBeenCalled();
  });

  it('ends with what the work throws', async () => {
    const running = every(1_000, new AbortController().signal, () => Promise.reject(new Error('broken')));
    const ended = running.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await ended).toEqual(new Error('broken'));
  });
});
