import { expect, test } from 'vitest';
import { until } from './until.ts';

test('answers what was seen once it is there, errors on the way being no end', async () => {
  let looks = 0;
  const seen = await until(
    () => {
      looks += 1;
      if (looks === 1) throw new Error('not up');
      return looks === 3 && { value: 42 };
    },
    { everyMs: 1 },
  );
  expect(seen).toEqual({ value: 42 });
});

test('gives up after its time, with what stood in the way', async () => {
  const never = until(
    () => {
      throw new Error('refused');
    },
    { timeoutMs: 5, everyMs: 1, what: 'the server' },
  );
  await expect(never).rejects.toMatchObject({
    message: 'the server did not come true within 5 ms',
    cause: { message: 'refused' },
  });
});

test('ends with its signal', async () => {
  const stop = new AbortController();
  const waiting = until(() => false, { signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow();
});
