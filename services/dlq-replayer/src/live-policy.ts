import { type PolicyDocument, policyDocument } from '@techno/contracts';
import type { Policies } from '@techno/storage';

/** The policy in force, followed. Undefined until one was applied. */
export interface LivePolicy {
  current(): PolicyDocument | undefined;
  refresh(): Promise<void>;
}

export function createLivePolicy(policies: Policies): LivePolicy {
  let current: PolicyDocument | undefined;
  let revision = -1;
  return {
    current: () => current,
    async refresh() {
      const facts = await policies.factsRevision();
      if (facts === revision) return;
      const parsed = policyDocument.safeParse((await policies.latest())?.document);
      // One that this version cannot read leaves the old one in force.
      if (parsed.success) current = parsed.data;
      revision = facts;
    },
  };
}
