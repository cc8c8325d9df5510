import type { PolicyRevision } from '@techno/storage';
import { describe, expect, it } from 'vitest';
import { policyRevisions } from './policies.ts';

const document = (contexts: string[]) => ({ version: 1, contexts, roles: {}, actions: {} });

/** Revisions as the database has them; `asked` is how often it was. */
function stored(revisions: ReadonlyMap<number, unknown>) {
  const asked: number[] = [];
  let away = false;
  return {
    asked,
    goAway: (is: boolean) => void (away = is),
    async revision(revision: number) {
      asked.push(revision);
      if (away) throw new Error('away');
      const found = revisions.get(revision);
      return found === undefined ? undefined : ({ revision, document: found } as PolicyRevision);
    },
  };
}

describe('the policy of a revision', () => {
  it('is read once, however many ask at once', async () => {
    const store = stored(new Map([[3, document(['a'])]]));
    const policies = policyRevisions(store);
    expect(policies.cached(3)).toBeUndefined();
    const all = await Promise.all(Array.from({ length: 20 }, () => policies.at(3)));
    expect(new Set(all).size).toBe(1);
    expect(all[0]).toMatchObject({ contexts: ['a'], killSwitch: false });
    expect(policies.cached(3)).toBe(all[0]);
    await policies.at(3);
    expect(store.asked).toEqual([3]);
  });

  it('that is not there yet may come: it is asked for again', async () => {
    const revisions = new Map<number, unknown>();
    const policies = policyRevisions(stored(revisions));
    await expect(policies.at(1)).rejects.toMatchObject({ code: 'POLICY_UNKNOWN', spendsAttempt: true });
    revisions.set(1, document(['late']));
    expect((await policies.at(1)).contexts).toEqual(['late']);
  });

  it('that could not be read is asked for again', async () => {
    const store = stored(new Map([[1, document(['a'])]]));
    const policies = policyRevisions(store);
    store.goAway(true);
    await expect(policies.at(1)).rejects.toThrow('away');
    store.goAway(false);
    expect((await policies.at(1)).contexts).toEqual(['a']);
    expect(store.asked).toEqual([1, 1]);
  });

  it('that is no policy is never kept', async () => {
    const policies = policyRevisions(stored(new Map([[1, { version: 2 }]])));
    await expect(policies.at(1)).rejects.toThrow('version');
    expect(policies.cached(1)).toBeUndefined();
  });

  it('is forgotten after twenty others', async () => {
    const store = stored(new Map(Array.from({ length: 21 }, (_, index) => [index, document([`c${index}`])])));
    const policies = policyRevisions(store);
    for (let revision = 0; revision < 20; revision++) await policies.at(revision);
    expect(policies.cached(0)).toBeDefined();
    await policies.at(20);
    expect(policies.cached(0)).toBeUndefined();
    expect(policies.cached(1)).toBeDefined();
    expect((await policies.at(0)).contexts).toEqual(['c0']);
  });
});
