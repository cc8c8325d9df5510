import { ApiKey } from '../entities.ts';
import type { Database } from '../database.ts';
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
  const em = () => database.orm.em.fork();
  return {
    all: () => guarded(async () => em().findAll(ApiKey, { orderBy: { createdAt: 'asc' } })),
    find: (id) => guarded(async () => (await em().findOne(ApiKey, { id })) ?? undefined),
    create: (key) =>
      guarded(() =>
        em().transactional(async (tx) => {
          const entity = tx.create(ApiKey, { ...key, createdAt: new Date() } as never);
          await tx.flush();
          await tx.execute('update facts_revision set revision = revision + 1');
          return entity as ApiKey;
        }),
      ),
    end: (id, change) =>
      guarded(() =>
        em().transactional(async (tx) => {
          const entity = await tx.findOne(ApiKey, { id });
          if (entity === null) return undefined;
          Object.assign(entity, change);
          await tx.flush();
          await tx.execute('update facts_revision set revision = revision + 1');
          return entity;
        }),
      ),
  };
}

export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeError(error);
  }
}
