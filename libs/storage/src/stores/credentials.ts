import type { Database } from '../database.ts';
import type { ApiKey } from '../entities.ts';
import { storeError } from '../batcher.ts';

/** Keys and policies belong to the gate-engine; a change of either raises the facts revision that every replica follows. */
export interface Credentials {
  all(): Promise<ApiKey[]>;
  find(id: string): Promise<ApiKey | undefined>;
  create(key: Omit<ApiKey, 'createdAt'>): Promise<ApiKey>;
  /** Sets the end of a key's life. `revokedAt` now, `expiresAt` later (rotation with overlap). */
  end(id: string, change: { revokedAt?: Date; expiresAt?: Date; replacedBy?: string }): Promise<ApiKey | undefined>;
}

export function createCredentials(database: Database): Credentials {
  return {
    all: () => database.query({ name: 'keys', text: `${SELECT} order by created_at` }, []),
    async find(id) {
      const [key] = await database.query<ApiKey>({ name: 'key', text: `${SELECT} where id = $1` }, [id]);
      return key;
    },
    create: (key) =>
      guarded(async () => {
        const { em, ApiKey: entity } = await database.orm();
        return em().transactional(async (tx) => {
          const created = tx.create(entity, { ...key, createdAt: new Date() } as never);
          await tx.flush();
          await tx.execute('update facts_revision set revision = revision + 1');
          return created as ApiKey;
        });
      }),
    end: (id, change) =>
      guarded(async () => {
        const { em, ApiKey: entity } = await database.orm();
        return em().transactional(async (tx) => {
          const key = await tx.findOne(entity, { id });
          if (key === null) return undefined;
          Object.assign(key, change);
          await tx.flush();
          await tx.execute('update facts_revision set revision = revision + 1');
          return key;
        });
      }),
  };
}

const SELECT = `select id, hash, hint, name, role, contexts, allowed_addresses as "allowedAddresses", per_minute as "perMinute",
  per_day as "perDay", root, created_at as "createdAt", created_by as "createdBy", expires_at as "expiresAt",
  revoked_at as "revokedAt", replaced_by as "replacedBy" from api_keys`;

export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeError(error);
  }
}
