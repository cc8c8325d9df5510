import { SECOND, StartupError } from '@techno/kernel';
import { describe, expect, it } from 'vitest';
import { checkActors, defineActor } from './actor.ts';
import { ordered } from './testing/orders.ts';

const spec = { name: 'worker', receives: ordered, handle: async () => {} };
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return error instanceof StartupError ? error.code : String(error);
  }
  return 'none';
};

describe('defineActor', () => {
  it('completes what is left out', () => {
    expect(defineActor(spec)).toMatchObject({
      concurrency: 64,
      leaseMs: 30 * SECOND,
      retryDelaysMs: [1_000, 5_000, 15_000, 60_000],
    });
    expect(defineActor({ ...spec, concurrency: 2, retryDelaysMs: [] })).toMatchObject({ concurrency: 2, retryDelaysMs: [] });
  });

  it.each<[string, string]>([
    ['worker', 'none'],
    ['execute-http_executor_v1', 'none'],
    ['', 'ACTOR_NAME_INVALID'],
    ['Worker', 'ACTOR_NAME_INVALID'],
    ['with space', 'ACTOR_NAME_INVALID'],
    ['with.dot', 'ACTOR_NAME_INVALID'],
    ['wild*', 'ACTOR_NAME_INVALID'],
    ['a'.repeat(64), 'ACTOR_NAME_INVALID'],
  ])('of the name %j says %s', (name, code) => {
    expect(codeOf(() => defineActor({ ...spec, name }))).toBe(code);
  });

  it.each([{ concurrency: 0 }, { concurrency: -1 }, { leaseMs: 999 }])('refuses %o', (policy) => {
    expect(codeOf(() => defineActor({ ...spec, ...policy }))).toBe('ACTOR_POLICY_INVALID');
  });
});

describe('checkActors', () => {
  it.each<[string, string[], string]>([
    ['gateway', [], 'none'],
    ['executor', ['one', 'two'], 'none'],
    ['executor', ['one', 'two', 'one'], 'DURABLE_DUPLICATE'],
    ['nobody', [], 'SERVICE_UNKNOWN'],
  ])('of %s with %j says %s', (service, names, code) => {
    expect(
      codeOf(() =>
        checkActors(
          service as 'gateway',
          names.map((name) => ({ name })),
        ),
      ),
    ).toBe(code);
  });
});
