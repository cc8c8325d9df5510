import { createKey, type KeyView, listKeys, revokeKey, rotateKey } from '@techno/contracts';
import { type Clock, newId, TerminalError } from '@techno/kernel';
import { type Endpoint, endpoint } from '@techno/jetstream';
import type { ApiKey, Credentials } from '@techno/storage';
import type { LiveFacts } from '../live-facts.ts';

export interface KeyRequestDeps {
  readonly credentials: Credentials;
  readonly facts: LiveFacts;
  readonly clock: Clock;
}

/** Create, list, rotate with overlap, revoke. A raw key never gets here: the gateway makes it and sends its keyed hash. */
export function keyRequests({ credentials, facts, clock }: KeyRequestDeps): Endpoint[] {
  async function issue(record: Omit<ApiKey, 'id' | 'createdAt'>): Promise<KeyView> {
    const stored = await credentials.create({ ...record, id: newId('key', clock.now()) });
    await facts.refresh();
    return viewOf(stored, clock.now());
  }

  async function existing(id: string): Promise<ApiKey> {
    const key = await credentials.find(id);
    if (key === undefined) throw new TerminalError('KEY_UNKNOWN', `there is no key '${id}'`);
    return key;
  }

  return [
    endpoint(createKey, async ({ by, key, hash, hint }) => {
      const rolesInForce = () => facts.policy()?.document.roles ?? {};
      // Another replica may have taken the policy that has it a moment ago.
      if (!Object.hasOwn(rolesInForce(), key.role)) await facts.refresh();
      const roles = rolesInForce();
      if (!Object.hasOwn(roles, key.role)) {
        throw new TerminalError(
          'ROLE_UNKNOWN',
          `the policy in force has no role '${key.role}'; it has ${Object.keys(roles).join(', ') || 'none'}`,
        );
      }
      return issue({
        hash,
        hint,
        name: key.name,
        role: key.role,
        contexts: key.contexts,
        allowedAddresses: key.allowed_addresses,
        perMinute: key.limits.perMinute ?? null,
        perDay: key.limits.perDay ?? null,
        root: false,
        createdBy: by,
        expiresAt: key.expires_at === undefined ? null : new Date(key.expires_at),
        revokedAt: null,
        replacedBy: null,
      });
    }),
    endpoint(listKeys, async () => ({ keys: (await credentials.all()).map((key) => viewOf(key, clock.now())) })),
    endpoint(rotateKey, async ({ by, id, overlap_seconds, hash, hint }) => {
      const old = await existing(id);
      if (old.root) {
        throw new TerminalError(
          'KEY_IS_ROOT',
          'the root key comes from the settings; change TECHNO_BOOTSTRAP_KEY, then revoke this one',
        );
      }
      if (old.revokedAt)
        throw new TerminalError('KEY_REVOKED', `the key '${id}' was revoked and cannot be rotated; create a new one`);
      const record = await issue({ ...fieldsOf(old), hash, hint, createdBy: by });
      // An overlap shortens the life of the old key and never prolongs it.
      const overlapEnds = clock.now() + overlap_seconds * 1_000;
      const expiresAt = new Date(Math.min(overlapEnds, old.expiresAt?.getTime() ?? overlapEnds));
      const ended = await credentials.end(id, { expiresAt, replacedBy: record.id });
      await facts.refresh();
      return { record, replaces: viewOf(ended ?? old, clock.now()) };
    }),
    endpoint(revokeKey, async ({ id }) => {
      const key = await existing(id);
      // Revoking twice keeps the first time: it is when the key stopped working.
      const ended = !key.revokedAt ? await credentials.end(id, { revokedAt: new Date(clock.now()) }) : key;
      await facts.refresh();
      return viewOf(ended ?? key, clock.now());
    }),
  ];
}

function fieldsOf(key: ApiKey): Omit<ApiKey, 'id' | 'hash' | 'hint' | 'createdAt' | 'createdBy'> {
  const { name, role, contexts, allowedAddresses, perMinute, perDay, root } = key;
  return { name, role, contexts, allowedAddresses, perMinute, perDay, root, expiresAt: null, revokedAt: null, replacedBy: null };
}

function viewOf(key: ApiKey, now: number): KeyView {
  return {
    id: key.id,
    name: key.name,
    hint: key.hint,
    role: key.role,
    contexts: key.contexts,
    allowed_addresses: key.allowedAddresses,
    limits: { perMinute: key.perMinute ?? undefined, perDay: key.perDay ?? undefined },
    status: statusOf(key, now),
    created_at: key.createdAt.toISOString(),
    created_by: key.createdBy,
    expires_at: key.expiresAt?.toISOString(),
    revoked_at: key.revokedAt?.toISOString(),
    replaced_by: key.replacedBy ?? undefined,
  };
}

function statusOf(key: ApiKey, now: number): KeyView['status'] {
  if (key.revokedAt && key.revokedAt.getTime() <= now) return 'revoked';
  if (!key.expiresAt) return 'active';
  return key.expiresAt.getTime() <= now ? 'expired' : 'expiring';
}
