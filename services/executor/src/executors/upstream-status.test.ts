import { expect, it } from 'vitest';
import { isTemporaryStatus, retryAfterMs, temporaryStatusError } from './upstream-status.ts';

const now = Date.parse('2026-11-20T10:00:00Z');

it.each([
  ['30', 30_000],
  [' 5 ', 5_000],
  ['0', 0],
  ['Fri, 20 Nov 2026 10:00:42 GMT', 42_000],
  ['Fri, 20 Nov 2026 09:00:00 GMT', 0],
  ['999999999', 3_600_000],
  ['soon', undefined],
  ['-5', undefined],
  ['', undefined],
  [undefined, undefined],
])('Retry-After %j is %j ms', (header, expected) => {
  expect(retryAfterMs(header, now)).toBe(expected);
});

it.each([
  [200, false],
  [301, false],
  [400, false],
  [404, false],
  [408, true],
  [425, true],
  [429, true],
  [500, true],
  [599, true],
])('%i is worth another try: %j', (status, expected) => {
  expect(isTemporaryStatus(status)).toBe(expected);
});

it('carries the status in its code and the wait beside it', () => {
  expect(temporaryStatusError('crm', 503, '7', now)).toMatchObject({ code: 'UPSTREAM_STATUS_503', retryAfterMs: 7_000 });
  expect(temporaryStatusError('crm', 500, undefined, now).retryAfterMs).toBeUndefined();
});
