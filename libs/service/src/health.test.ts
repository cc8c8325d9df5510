import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { probeAll } from './health.ts';
import { keptTelemetry } from './testing/kept-telemetry.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

it('is well when everything answers, and tells how long each took', async () => {
  const { telemetry, metrics } = keptTelemetry();
  const slow = { name: 'slow', probe: () => new Promise<void>((resolve) => setTimeout(resolve, 120)) };
  const probed = probeAll([slow, { name: 'quick', probe: async () => {} }], telemetry.metrics);
  await vi.advanceTimersByTimeAsync(120);
  expect(await probed).toEqual({ ok: true, checks: { slow: { ok: true, latency_ms: 120 }, quick: { ok: true, latency_ms: 0 } } });
  expect(await metrics()).not.toMatch(/healthcheck_failures_total\{.*\} [1-9]/);
  expect(await metrics()).toContain('healthcheck_up{check="slow"} 1');
  expect(vi.getTimerCount()).toBe(0);
});

it('names what fails, throws or not, and counts it', async () => {
  const { telemetry, metrics } = keptTelemetry();
  const result = await probeAll(
    [
      { name: 'good', probe: async () => {} },
      { name: 'rejecting', probe: () => Promise.reject(new Error('refused')) },
      {
        name: 'throwing',
        probe: () => {
          throw new Error('broken');
        },
      },
    ],
    telemetry.metrics,
  );
  expect(result).toMatchObject({
    ok: false,
    checks: { good: { ok: true }, rejecting: { ok: false, error: 'refused' }, throwing: { ok: false, error: 'broken' } },
  });
  const text = await metrics();
  expect(text).toContain('healthcheck_failures_total{check="rejecting"} 1');
  expect(text).toContain('healthcheck_failures_total{check="throwing"} 1');
  expect(text).toContain('healthcheck_up{check="throwing"} 0');
  expect(text).toContain('healthcheck_up{check="good"} 1');
});

it('waits two seconds for an answer and no longer, for all of them at once', async () => {
  const { telemetry } = keptTelemetry();
  const hanging = (name: string) => ({ name, probe: () => new Promise<void>(() => {}) });
  const probed = probeAll([hanging('one'), hanging('two')], telemetry.metrics);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await probed).toMatchObject({
    ok: false,
    checks: { one: { ok: false, latency_ms: 2_000, error: 'no answer within 2000 ms' }, two: { ok: false } },
  });
});

it('of nothing is well', async () => {
  expect(await probeAll([], keptTelemetry().telemetry.metrics)).toEqual({ ok: true, checks: {} });
});
