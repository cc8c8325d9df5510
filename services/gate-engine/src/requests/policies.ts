import { applyPolicy, getPolicy, listPolicies } from '@techno/contracts';
import { TerminalError } from '@techno/kernel';
import { type Endpoint, endpoint, RequestError } from '@techno/jetstream';
import type { Policies, PolicyRevision } from '@techno/storage';
import type { LiveFacts } from '../live-facts.ts';
import { parsePolicy } from '../policy/compile.ts';

/** Read, list, check and apply. What does not hold together is refused whole and the policy in force stays. */
export function policyRequests({ policies, facts }: { policies: Policies; facts: LiveFacts }): Endpoint[] {
  return [
    endpoint(getPolicy, async ({ revision }) => {
      const found = revision === undefined ? await policies.latest() : await policies.revision(revision);
      if (found === undefined) {
        throw new TerminalError(
          'POLICY_UNKNOWN',
          revision === undefined ? 'no policy was applied yet' : `there is no policy revision ${revision}`,
        );
      }
      return { ...summaryOf(found), document: found.document };
    }),
    endpoint(listPolicies, async ({ limit }) => ({ revisions: (await policies.history(limit)).map(summaryOf) })),
    endpoint(applyPolicy, async ({ by, document, note, if_revision, dry_run }) => {
      const parsed = parsePolicy(document);
      if (!parsed.ok)
        throw new RequestError('POLICY_INVALID', 'the document cannot be a policy; the one in force stays', parsed.issues);
      if (dry_run) return { revision: facts.policy()?.revision ?? 0, applied: false };
      const applied = await policies.apply({ document: parsed.document, note, appliedBy: by, ifRevision: if_revision });
      if (applied === undefined) {
        throw new TerminalError(
          'POLICY_CONFLICT',
          `the policy in force is no longer revision ${if_revision}; read it again and merge`,
        );
      }
      await facts.refresh();
      return { revision: applied.revision, applied: true };
    }),
  ];
}

function summaryOf(revision: PolicyRevision) {
  return {
    revision: revision.revision,
    note: revision.note,
    applied_by: revision.appliedBy,
    applied_at: revision.appliedAt.toISOString(),
  };
}
