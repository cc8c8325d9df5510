import { TemporaryError, TerminalError } from '@techno/kernel';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Breaker, createBreakers } from './breaker.ts';
import { EffectUnclearError } from './executor.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const temporary = () => Promise.reject(new TemporaryError('UPSTREAM_STATUS_503'));
const fails = async (breaker: Breaker, times: number, fn: () => Promise<never> = temporary) => {
  for (let time = 0; time < times; time++) await breaker.run(fn).catch(() => {});
};

it('opens after five failures in a row, says when to come back, and calls nobody until then', async () => {
  const breakers = createBreakers();
  const changes: string[] = [];
  breakers.onChange((name, state) => changes.push(`${name} ${state}`));
  await fails(breakers.for('llm'), 4);
  expect(breakers.state('llm')).toBe('closed');
  await fails(breakers.for('llm'), 1);
  vi.setSystemTime(1_003_000);
  const fn = vi.fn<() => Promise<string>>(async () => 'fine');
  await expect(breakers.for('llm').run(fn)).rejects.toMatchObject({
    code: 'BREAKER_OPEN',
    retryAfterMs: 7_000,
    spendsAttempt: false,
  });
  expect(fn).not.toHaveBeenCalled();
  expect(breakers.state('llm')).toBe('open');

  vi.setSystemTime(1_010_000);
  expect(await breakers.for('llm').run(fn)).toBe('fine');
  expect(changes).toStrictEqual(['llm open', 'llm half-open', 'llm closed']);
});

it('lets one call try while half open, and opens again where that fails', async () => {
  const breakers = createBreakers({ failures: 1, halfOpenAfterMs: 1_000 });
  const breaker = breakers.for('upstream:crm');
  await fails(breaker, 1);
  vi.setSystemTime(1_001_000);
  const { promise, reject } = Promise.withResolvers<never>();
  const probe = breaker.run(() => promise);
  await expect(breaker.run(async () => 'late')).rejects.toMatchObject({ code: 'BREAKER_OPEN', retryAfterMs: 1_000 });
  expect(breakers.state('upstream:crm')).toBe('half-open');
  reject(new TemporaryError('UPSTREAM_TIMEOUT'));
  await expect(probe).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
  expect(breakers.state('upstream:crm')).toBe('open');
});

it('takes a refusal for a sign of life', async () => {
  const breakers = createBreakers({ failures: 2 });
  const breaker = breakers.for('upstream:crm');
  await fails(breaker, 1);
  await expect(breaker.run(() => Promise.reject(new TerminalError('UPSTREAM_REJECTED')))).rejects.toMatchObject({
    code: 'UPSTREAM_REJECTED',
  });
  await fails(breaker, 1);
  expect(breakers.state('upstream:crm')).toBe('closed');
});

it('counts an effect that stayed unclear', async () => {
  const breakers = createBreakers({ failures: 1 });
  await fails(breakers.for('upstream:crm'), 1, () => Promise.reject(new EffectUnclearError('no answer')));
  expect(breakers.state('upstream:crm')).toBe('open');
});

it('does not count what we stopped ourselves, and does not let it close a half-open breaker', async () => {
  const breakers = createBreakers({ failures: 1, halfOpenAfterMs: 1_000 });
  const breaker = breakers.for('llm');
  const signal = AbortSignal.abort();
  await expect(breaker.run(temporary, signal)).rejects.toMatchObject({ code: 'UPSTREAM_STATUS_503' });
  expect(breakers.state('llm')).toBe('closed');
  await fails(breaker, 1);
  vi.setSystemTime(1_001_000);
  await expect(breaker.run(temporary, signal)).rejects.toMatchObject({ code: 'UPSTREAM_STATUS_503' });
  expect(breakers.state('llm')).toBe('open');
});

it('keeps one breaker a name, and forgets the least recently used as if it had closed', async () => {
  const breakers = createBreakers({ failures: 1, capacity: 2 });
  const changes: string[] = [];
  const stop = breakers.onChange((name, state) => changes.push(`${name} ${state}`));
  await fails(breakers.for('document:a'), 1);
  expect(breakers.for('document:a')).toBe(breakers.for('document:a'));
  breakers.for('document:b');
  breakers.for('document:c');
  expect(breakers.state('document:a')).toBe('closed');
  stop();
  await fails(breakers.for('document:c'), 1);
  expect(changes).toStrictEqual(['document:a open', 'document:a closed']);
});
