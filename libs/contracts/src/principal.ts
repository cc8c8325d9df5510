import { z } from 'zod';

/**
 * What a request says about who sent it. The gateway has verified form (checksum) or signature (webhook); whether it is
 * known and good is for the gates. A raw key never enters a message: only its keyed hash does.
 */
export const credential = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('api_key'), hash: z.string() }),
  z.object({ kind: z.literal('webhook'), source: z.string() }),
  /**
   * Somebody of ours acts for the key or source `owner` (a principal's id): `by` is the schedule, the composite or the
   * replay. Whether the owner is good is asked anew; from where it once asked is not.
   */
  z.object({ kind: z.literal('delegate'), by: z.string(), owner: z.string() }),
]);
export type Credential = z.infer<typeof credential>;

/** Who it turned out to be: `id` is `key_…`, or `webhook:<source>`. */
export const principal = z.object({
  id: z.string(),
  kind: z.enum(['api_key', 'webhook']),
  role: z.string(),
});
export type Principal = z.infer<typeof principal>;

/** What roles may do besides acting. Granted per role by the policy; the root role has all of them. */
export const PERMISSIONS = [
  'actions:read',
  'actions:read:any',
  'events:read',
  'decisions:explain',
  'keys:admin',
  'policy:read',
  'policy:admin',
  'webhooks:admin',
  'notifications:admin',
  'audit:verify',
  'dead_letters:read',
  'dead_letters:replay',
  'schedules:manage',
  'schedules:manage:any',
  'agenda:manage',
  'agenda:manage:any',
] as const;
export const permission = z.enum(PERMISSIONS);
export type Permission = z.infer<typeof permission>;
