import type { TestProject } from 'vitest/node';
import { type PostgresAddress, startPostgres } from './postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgres: PostgresAddress;
  }
}

/** One PostgreSQL for the whole run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres();
  project.provide('postgres', { port: postgres.port, password: postgres.password });
  return () => postgres.stop();
}
