import { z } from 'zod';
import { actionRequest, decision } from './actions.ts';
import { gateName, reasonCode } from './gates.ts';
import { credential, permission, principal } from './principal.ts';
import { defineRequest } from './request.ts';

const time = z.string();

/** Who is this, and may they? Refuses with the gate's reason code. `principal` absent: no permission was asked for. */
export const authorize = defineRequest({
  service: 'gate-engine',
  name: 'authorize',
  input: z.object({ credential, address: z.string(), permission: permission.optional() }),
  output: z.object({ principal, permissions: z.array(permission) }),
});

export const gateExplanation = z.object({
  gate: gateName,
  verdict: z.enum(['pass', 'deny', 'error', 'not_evaluated']),
  reason_code: reasonCode.optional(),
  message: z.string().optional(),
});

/** What would be decided about a request, gate by gate, without deciding it: nothing is recorded, counted or executed. */
export const explainDecision = defineRequest({
  service: 'gate-engine',
  name: 'decision.explain',
  input: z.object({ credential, address: z.string(), request: actionRequest, bytes: z.number().int() }),
  output: z.object({
    decision: z.enum(['ALLOW', 'DENY']),
    policy_revision: z.number().int(),
    principal: principal.optional(),
    executor: z.string().optional(),
    gates: z.array(gateExplanation),
  }),
});

/** A step of a composite asks for its own decision. The answer is recorded before it is given. */
export const decideStep = defineRequest({
  service: 'gate-engine',
  name: 'decision.step',
  askers: ['executor'],
  input: z.object({
    trace_id: z.string(),
    parent_decision_id: z.string(),
    step: z.string(),
    request: actionRequest,
    principal,
    replay: z.number().int(),
    traceparent: z.string(),
  }),
  output: z.discriminatedUnion('outcome', [
    z.object({
      outcome: z.literal('ALLOW'),
      decision,
      allow: z.object({
        executor: z.string(),
        fallbacks: z.array(z.string()),
        expires_at: time,
        key_id: z.string(),
        signature: z.string(),
      }),
    }),
    z.object({ outcome: z.literal('DENY'), decision, gate: gateName, reason_codes: z.array(reasonCode), message: z.string() }),
  ]),
});

export const keyView = z.object({
  id: z.string(),
  name: z.string(),
  hint: z.string().describe('Mode and first characters; the rest was shown once'),
  role: z.string(),
  contexts: z.array(z.string()),
  allowed_addresses: z.array(z.string()),
  limits: z.object({ perMinute: z.number().int().optional(), perDay: z.number().int().optional() }),
  status: z.enum(['active', 'expiring', 'expired', 'revoked']),
  created_at: time,
  created_by: z.string(),
  expires_at: time.optional(),
  revoked_at: time.optional(),
  replaced_by: z.string().optional(),
});
export type KeyView = z.infer<typeof keyView>;

export const newKey = z.strictObject({
  name: z.string().min(1).max(200),
  role: z.string(),
  contexts: z.array(z.string()).min(1).default(['*']).describe('Contexts the key may act in; "team-*" matches by prefix'),
  allowed_addresses: z.array(z.string()).default([]).describe('IP addresses or CIDR ranges; empty: any'),
  mode: z.enum(['live', 'test']).default('live'),
  expires_at: z.iso.datetime().optional(),
  limits: z
    .strictObject({ perMinute: z.number().int().positive().optional(), perDay: z.number().int().positive().optional() })
    .default({}),
});

/** A key as the gateway made it: the raw key stays with the gateway, which shows it once and forgets it. */
const issued = { hash: z.string().describe('Keyed hash'), hint: z.string() };

export const createKey = defineRequest({
  service: 'gate-engine',
  name: 'key.create',
  input: z.object({ by: z.string(), key: newKey, ...issued }),
  output: keyView,
});

export const listKeys = defineRequest({
  service: 'gate-engine',
  name: 'key.list',
  input: z.object({}),
  output: z.object({ keys: z.array(keyView) }),
});

/** A new key with the same rights; the old one lives on for `overlap_seconds`. */
export const rotateKey = defineRequest({
  service: 'gate-engine',
  name: 'key.rotate',
  input: z.object({ by: z.string(), id: z.string(), overlap_seconds: z.number().int().min(0), ...issued }),
  output: z.object({ record: keyView, replaces: keyView }),
});

export const revokeKey = defineRequest({
  service: 'gate-engine',
  name: 'key.revoke',
  input: z.object({ by: z.string(), id: z.string() }),
  output: keyView,
});

export const policyView = z.object({
  revision: z.number().int(),
  document: z.unknown(),
  note: z.string(),
  applied_by: z.string(),
  applied_at: time,
});

export const getPolicy = defineRequest({
  service: 'gate-engine',
  name: 'policy.get',
  input: z.object({ revision: z.number().int().optional() }),
  output: policyView,
});

export const listPolicies = defineRequest({
  service: 'gate-engine',
  name: 'policy.list',
  input: z.object({ limit: z.number().int().positive().max(200) }),
  output: z.object({ revisions: z.array(policyView.omit({ document: true })) }),
});

/** Checks, and stores unless `dry_run`. A bad document is refused whole: POLICY_INVALID with every error's path. */
export const applyPolicy = defineRequest({
  service: 'gate-engine',
  name: 'policy.apply',
  input: z.object({
    by: z.string(),
    document: z.unknown(),
    note: z.string(),
    if_revision: z.number().int().optional(),
    dry_run: z.boolean(),
  }),
  output: z.object({ revision: z.number().int(), applied: z.boolean() }),
});
