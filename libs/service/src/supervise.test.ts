import { TemporaryError } from '@techno/kernel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type LongLived, supervise } from './supervise.ts';
import { keptTelemetry } from './testing/kept-telemetry.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Lives until its signal, unless told to fail at its n-th life. */
function part(name: string, fails: (life: number) => boolean = () => false) {
  const lives: number[] = [];
  const one: LongLived = {
    name,
    async run(signal) {
      lives.push(Date.now());
      if (fails(lives.length)) throw new TemporaryError('BROKEN', `life ${lives.length}`);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    },
  };
  return { one, lives };
}

describe('supervise', () => {
  it('ends when everything has ended by its signal', async () => {
    const { telemetry, lines } = keptTelemetry();
    const stop = new AbortController();
    const ended = supervise([part('a').one, part('b').one], stop.signal, telemetry.log);
    stop.abort();
    await ended;
    expect(lines).toEqual([]);
  });

  it('starts again only what ended, later each time, and says so', async () => {
    const { telemetry, lines } = keptTelemetry();
    const stop = new AbortController();
    const [weak, strong] = [part('weak', (life) => life <= 3), part('strong')];
    const ended = supervise([weak.one, strong.one], stop.signal, telemetry.log);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([weak.lives.length, strong.lives.length]).toEqual([4, 1]);
    const gaps = weak.lives.slice(1).map((at, index) => at - (weak.lives[index] ?? 0));
    for (const [index, gap] of gaps.entries()) {
      expect(gap).toBeGreaterThanOrEqual(80 * 2 ** index);
      expect(gap).toBeLessThanOrEqual(120 * 2 ** index);
    }
    expect(lines).toMatchObject(
      [1, 2, 3].map((restarts) => ({ msg: 'supervisor.restarting', part: 'weak', code: 'BROKEN', restarts })),
    );
    stop.abort();
    await ended;
  });

  it('takes an end before the signal for a failure', async () => {
    const { telemetry, lines } = keptTelemetry();
    const stop = new AbortController();
    let lives = 0;
    const ended = supervise(
      [{ name: 'short', run: async (signal) => (++lives === 1 ? undefined : part('long').one.run(signal)) }],
      stop.signal,
      telemetry.log,
    );
    await vi.advanceTimersByTimeAsync(1_000);
    expect(lives).toBe(2);
    expect(lines).toMatchObject([{ error: 'it ended by itself' }]);
    stop.abort();
    await ended;
  });

  it('gives up after five restarts within a minute', async () => {
    const { telemetry } = keptTelemetry();
    const broken = part('broken', () => true);
    const ended = supervise([broken.one, part('other').one], new AbortController().signal, telemetry.log);
    const outcome = ended.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await outcome).toMatchObject({
      code: 'SUPERVISOR_GAVE_UP',
      message: expect.stringContaining(`'broken' failed 6 times`) as string,
      cause: { code: 'BROKEN' },
    });
    expect(broken.lives).toHaveLength(6);
  });

  it('forgives what is a minute ago', async () => {
    const { telemetry } = keptTelemetry();
    const stop = new AbortController();
    let lives = 0;
    const failing: LongLived = {
      name: 'failing',
      async run() {
        lives++;
        // Each life lasts long enough that five of them take more than a minute.
        await new Promise((resolve) => setTimeout(resolve, 15_000));
        if (!stop.signal.aborted) throw new Error('no');
      },
    };
    const ended = supervise([failing], stop.signal, telemetry.log);
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(lives).toBeGreaterThan(20);
    stop.abort();
    await vi.advanceTimersByTimeAsync(30_000);
    await ended;
  });

  it('does not start again what fails while it is told to stop', async () => {
    const { telemetry } = keptTelemetry();
    const stop = new AbortController();
    let lives = 0;
    const ended = supervise(
      [
        {
          name: 'last words',
          run: (signal) =>
            new Promise((_, reject) => {
              lives++;
              signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
            }),
        },
      ],
      stop.signal,
      telemetry.log,
    );
    stop.abort();
    await vi.advanceTimersByTimeAsync(10_000);
    await ended;
    expect(lives).toBe(1);
  });
});
