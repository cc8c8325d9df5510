import type { Database } from '../database.ts';
import { PolicyRevision } from '../entities.ts';
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
  const em = () => database.orm.em.fork();
  const latest = () => guarded(async () => (await em().findAll(PolicyRevision, { orderBy: { revision: 'desc' }, limit: 1 }))[0]);
  return {
    latest,
    revision: (revision) => guarded(async () => (await em().findOne(PolicyRevision, { revision })) ?? undefined),
    history: (limit) => guarded(async () => em().findAll(PolicyRevision, { orderBy: { revision: 'desc' }, limit })),
    apply: ({ document, note, appliedBy, ifRevision }) =>
      guarded(() =>
        em().transactional(async (tx) => {
          // The row of the facts revision serialises everybody who changes something.
          await tx.execute('update facts_revision set revision = revision + 1');
          const [before] = await tx.find(PolicyRevision, {}, { orderBy: { revision: 'desc' }, limit: 1 });
          const current = before?.revision ?? 0;
          if (ifRevision !== undefined && ifRevision !== current) return undefined;
          const entity = tx.create(PolicyRevision, { revision: current + 1, document, note, appliedBy, appliedAt: new Date() });
          await tx.flush();
          return entity;
        }),
      ),
    async factsRevision() {
      const [row] = await database.query<{ revision: string }>(
        { name: 'facts-revision', text: 'select revision from facts_revision' },
        [],
      );
      return Number(row?.revision ?? 0);
    },
  };
}
