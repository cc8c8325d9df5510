import { z } from 'zod';
import { failureKind } from './dlq-status.ts';
import { permission } from './principal.ts';

/**
 * The policy: one versioned document that says who may do what, where, how often, and by which executor. Stored whole,
 * a revision a change; services keep it in memory and follow it live. Nothing that is not in it is allowed.
 */
const name = z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,63}$/, 'lower-case letters, digits, "_", "." and "-", at most 64');
const jsonSchema = z.record(z.string(), z.unknown()).describe('A JSON Schema (2020-12)');
const durationMs = z.number().int().positive();

const limits = z.strictObject({
  perMinute: z.number().int().positive().optional().describe('Requests in any minute that starts with a first request'),
  perDay: z.number().int().positive().optional().describe('Quota in any day that starts with a first request'),
});
export type Limits = z.infer<typeof limits>;

const grant = z.strictObject({
  actions: z.array(z.string()).min(1).describe('Action names, or "*"'),
  contexts: z.array(z.string()).min(1).describe('Context names, or "*"; "team-*" matches by prefix'),
});

const role = z.strictObject({
  allow: z.array(grant).default([]),
  permissions: z.array(permission).default([]),
  limits: limits.default({}),
});

/** What repeating an effect would do: nothing, nothing thanks to the key sent along, or the effect again. */
export const effect = z.enum(['none', 'keyed', 'unkeyed']);
export type Effect = z.infer<typeof effect>;

const httpCall = z.strictObject({
  upstream: name,
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  /** `{{payload.a.b}}` is replaced by that value, percent-encoded. */
  path: z.string().startsWith('/'),
  /** The same, as JSON: a string that is exactly one `{{…}}` takes the value with its type. Absent: no body. */
  body: z.unknown().optional(),
  effect: effect.default('keyed'),
});

const llmCall = z.strictObject({
  instructions: z.string().max(20_000),
  model: z.string().optional().describe("Another model than the service's default"),
  maxOutputTokens: z.number().int().positive().max(32_000).default(1_000),
  maxCostUsd: z.number().positive().default(0.1),
});

const step = z.strictObject({
  id: name,
  action: name,
  /** Template over `payload` and `steps.<id>.result`. */
  payload: z.unknown(),
  /** Steps that must have succeeded first. Steps whose needs are met run together. */
  needs: z.array(name).default([]),
  /** `continue`: its failure is reported and what does not need it goes on. */
  onFailure: z.enum(['stop', 'continue']).default('stop'),
});
export type CompositeStep = z.infer<typeof step>;

export const actionSpec = z.strictObject({
  description: z.string().default(''),
  enabled: z.boolean().default(true).describe('The feature flag of the action'),
  payload: jsonSchema.describe('What G6 holds the payload against'),
  result: jsonSchema.describe('What the output must match to count as a success'),
  executors: z.array(name).min(1).describe('Executor names; the later ones are fallbacks'),
  timeoutMs: durationMs.max(15 * 60_000).default(30_000),
  /** Delays before the second, third, … attempt after a temporary failure. */
  retryDelaysMs: z.array(durationMs).max(10).default([1_000, 5_000, 15_000]),
  /** G7: what a suspected prompt injection leads to. */
  promptInjection: z.enum(['deny', 'ignore']).default('deny'),
  http: httpCall.optional(),
  llm: llmCall.optional(),
  composite: z.strictObject({ steps: z.array(step).min(1).max(50) }).optional(),
});
export type ActionSpec = z.infer<typeof actionSpec>;

const upstream = z.strictObject({
  baseUrl: z.url({ protocol: /^https?$/ }),
  /** Header values; `${NAME}` is read from the executor's secrets (TECHNO_SECRET_<NAME>). */
  headers: z.record(z.string(), z.string()).default({}),
  timeoutMs: durationMs.max(120_000).default(10_000),
});
export type Upstream = z.infer<typeof upstream>;

const codePattern = z.string().regex(/^(\*|[A-Z][A-Z0-9_]*\*?)$/, 'an error code, "UPSTREAM_*" by prefix, or "*"');

/** What happens to messages that failed for good. Nothing is replayed by itself unless a rule here says so. */
const deadLetterPolicy = z.strictObject({
  autoReplay: z
    .array(
      z
        .strictObject({
          codes: z.array(codePattern).default(['*']),
          kinds: z.array(failureKind.exclude(['unparseable'])).optional(),
          actors: z.array(z.string()).default(['*']).describe('Actor names; "execute-*" matches by prefix'),
          delayMs: durationMs.describe('From the last failure to the replay'),
          maxAttempts: z.number().int().min(1).max(20).describe('Replays before it is a permanent failure'),
        })
        .describe('The first rule that fits a dead letter counts'),
    )
    .max(50)
    .default([]),
  /** Contacts that are told of permanent failures, once an hour for each error signature. */
  notify: z.array(z.string()).max(20).default([]),
  /** Replays that start by themselves in a second, over all rules, for each replica of the replayer. */
  autoReplayPerSecond: z.number().int().min(1).max(1_000).default(20),
  /** Days after which what has been dealt with is deleted; absent: kept. What is pending is kept always. */
  retentionDays: z
    .strictObject({
      replayed: z.number().int().positive().optional(),
      discarded: z.number().int().positive().optional(),
      permanent_failure: z.number().int().positive().optional(),
    })
    .default({ replayed: 30, discarded: 90 }),
});
export type DeadLetterPolicy = z.infer<typeof deadLetterPolicy>;
export type AutoReplayRule = DeadLetterPolicy['autoReplay'][number];

export const policyDocument = z
  .strictObject({
    version: z.literal(1),
    killSwitch: z.boolean().default(false).describe('Deny everything, now'),
    maintenance: z.boolean().default(false).describe('Deny all but the roles in maintenanceRoles'),
    maintenanceRoles: z.array(z.string()).default([]),
    contexts: z.array(z.string().max(256)).min(1).describe('Known contexts; "team-*" matches by prefix'),
    payload: z
      .strictObject({
        maxBytes: z.number().int().positive().default(262_144),
        maxDepth: z.number().int().positive().default(32),
      })
      .default({ maxBytes: 262_144, maxDepth: 32 }),
    limits: limits.default({ perMinute: 600 }).describe('For credentials whose key and role set none'),
    roles: z.record(name, role),
    /** Webhook source → the role it acts in. */
    sources: z.record(name, z.strictObject({ role: name })).default({}),
    upstreams: z.record(name, upstream).default({}),
    deadLetters: deadLetterPolicy.default({
      autoReplay: [],
      notify: [],
      autoReplayPerSecond: 20,
      retentionDays: { replayed: 30, discarded: 90 },
    }),
    actions: z.record(name, actionSpec),
  })
  .check((context) => {
    const policy = context.value;
    const complain = (path: (string | number)[], message: string) =>
      context.issues.push({ code: 'custom', path, message, input: policy });
    for (const [source, { role: name }] of Object.entries(policy.sources)) {
      if (!Object.hasOwn(policy.roles, name)) complain(['sources', source, 'role'], `role '${name}' is not defined`);
    }
    for (const [action, spec] of Object.entries(policy.actions)) {
      if (spec.http && !Object.hasOwn(policy.upstreams, spec.http.upstream)) {
        complain(['actions', action, 'http', 'upstream'], `upstream '${spec.http.upstream}' is not defined`);
      }
      for (const part of spec.composite?.steps ?? []) {
        if (!Object.hasOwn(policy.actions, part.action)) {
          complain(['actions', action, 'composite'], `step '${part.id}' names the unknown action '${part.action}'`);
        }
      }
    }
  });
export type PolicyDocument = z.infer<typeof policyDocument>;
export type PolicyInput = z.input<typeof policyDocument>;

/** `*` matches all, `team-*` by prefix, anything else itself. */
export function matchesPattern(pattern: string, value: string): boolean {
  return pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : pattern === value;
}
