import { type PolicyDocument, policyDocument } from '@techno/contracts';
import { TemporaryError } from '@techno/kernel';
import type { Policies } from '@techno/storage';

/** The policy a decision was made under, by revision. A revision never changes, so it is read once. */
export interface PolicyRevisions {
  at(revision: number): Promise<PolicyDocument>;
  /** Only if it is at hand already. */
  cached(revision: number): PolicyDocument | undefined;
}

const KEPT = 20;

export function policyRevisions(policies: Pick<Policies, 'revision'>): PolicyRevisions {
  const kept = new Map<number, PolicyDocument>();
  const loading = new Map<number, Promise<PolicyDocument>>();

  async function load(revision: number): Promise<PolicyDocument> {
    const stored = await policies.revision(revision);
    // The decision that names it was committed after it; a replica of the database may lag.
    if (stored === undefined) throw new TemporaryError('POLICY_UNKNOWN', `there is no policy revision ${revision}`);
    const document = policyDocument.parse(stored.document);
    kept.set(revision, document);
    const oldest = kept.keys().next().value;
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
    return document;
  }

  return {
    cached: (revision) => kept.get(revision),
    async at(revision) {
      const found = kept.get(revision);
      if (found !== undefined) return found;
      let pending = loading.get(revision);
      if (pending === undefined) {
        pending = load(revision).finally(() => loading.delete(revision));
        loading.set(revision, pending);
      }
      return pending;
    },
  };
}
