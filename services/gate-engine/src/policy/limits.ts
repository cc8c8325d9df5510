import type { Limits } from '@techno/contracts';
import type { CompiledPolicy } from './compile.ts';

/** The limits a credential is held to: its own, else its role's, else the policy's; each window on its own. */
export function effectiveLimits(policy: CompiledPolicy, role: string, own: Limits): Limits {
  const { roles, limits: general } = policy.document;
  const ofRole = Object.hasOwn(roles, role) ? roles[role]?.limits : undefined;
  return {
    perMinute: own.perMinute ?? ofRole?.perMinute ?? general.perMinute,
    perDay: own.perDay ?? ofRole?.perDay ?? general.perDay,
  };
}
