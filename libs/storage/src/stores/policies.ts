import type { Database } from '../database.ts';
import type { PolicyRevision } from '../entities.ts';
import { guarded } from './credentials.ts';

export interface Policies {
  latest(): Promise<PolicyRevision | undefined>;
  revision(revision: number): Promise<PolicyRevision | undefined>;
  history(limit: number): Promise<PolicyRevision[]>;
  /** Stores the next revision. `ifRevision` refuses (undefined) when somebody else was faster. */
  apply(change: {
    document: unknown;
    note: string;
    appliedBy: string;
    ifRevision?: number | undefined;
  }): Promise<PolicyRevision | undefined>;
  /** Grows with every change of keys or policy. One cheap read. */
  factsRevision(): Promise<number>;
}

export function createPolicies(database: Database): Policies {
  const history: Policies['history'] = (limit) =>
    database.query({ name: 'policies', text: `${SELECT} order by revision desc limit $1` }, [limit]);
  return {
    latest: async () => (await history(1))[0],
    async revision(revision) {
      const [found] = await database.query<PolicyRevision>({ name: 'policy', text: `${SELECT} where revision = $1` }, [revision]);
      return found;
    },
    history,
    apply: ({ document, note, appliedBy, ifRevision }) =>
      guarded(async () => {
        const { em, PolicyRevision: entity } = await database.orm();
        return em().transactional(async (tx) => {
          // The row of the facts revision serialises everybody who changes something.
          await tx.execute('update facts_revision set revision = revision + 1');
          const [before] = await tx.find(entity, {}, { orderBy: { revision: 'desc' }, limit: 1 });
          const current = before?.revision ?? 0;
          if (ifRevision !== undefined && ifRevision !== current) return undefined;
          const next = tx.create(entity, { revision: current + 1, document, note, appliedBy, appliedAt: new Date() });
          await tx.flush();
          return next;
        });
      }),
    async factsRevision() {
      const [row] = await database.query<{ revision: string }>(
        { name: 'facts-revision', text: 'select revision from facts_revision' },
        [],
      );
      return Number(row?.revision ?? 0);
    },
  };
}

const SELECT = 'select revision, document, note, applied_by as "appliedBy", applied_at as "appliedAt" from policies';
