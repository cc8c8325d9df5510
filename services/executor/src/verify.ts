import { type ActionRequest, type AllowKeys, type Decision, inputHash, type Principal, verifyAllow } from '@techno/contracts';
import { TerminalError } from '@techno/kernel';

export interface SignedAllow {
  readonly executor: string;
  readonly fallbacks: readonly string[];
  readonly expires_at: string;
  readonly key_id: string;
  readonly signature: string;
}

/**
 * Nothing runs before this has returned: the signature of the gate-engine over this very input, these very executors and
 * this time. Throws TerminalError ALLOW_INVALID or ALLOW_EXPIRED.
 */
export function assertAllowed(
  input: {
    traceId: string;
    request: ActionRequest;
    principal: Principal;
    decision: Pick<Decision, 'decision_id' | 'policy_revision'>;
    allow: SignedAllow;
  },
  keys: AllowKeys,
  nowMs: number,
): void {
  const { traceId, request, principal, decision, allow } = input;
  const verdict = verifyAllow(
    {
      decisionId: decision.decision_id,
      traceId,
      action: request.action,
      inputHash: inputHash(request),
      principal: `${principal.role} ${principal.id}`,
      policyRevision: decision.policy_revision,
      executor: [allow.executor, ...allow.fallbacks].join(','),
      expiresAt: allow.expires_at,
    },
    { keyId: allow.key_id, signature: allow.signature },
    keys,
    nowMs,
  );
  if (verdict === 'valid') return;
  if (verdict === 'expired')
    throw new TerminalError('ALLOW_EXPIRED', `the ALLOW ended at ${allow.expires_at}; a replay asks the gates again`);
  throw new TerminalError('ALLOW_INVALID', `the ALLOW does not hold for this input: ${verdict}`);
}

/** Failures that say the ALLOW itself is worth nothing: no execution, no outcome, no answer. */
export function isAllowFailure(code: string): boolean {
  return code === 'ALLOW_INVALID' || code === 'ALLOW_EXPIRED';
}
