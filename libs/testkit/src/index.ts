export { freePort, nodeArguments, until } from '@techno/embedded';
export { createDatabase, type TestDatabase } from './database.ts';
export { startNats, type TestNats } from './nats.ts';
export { type PostgresAddress, startPostgres, type TestPostgres } from './postgres.ts';
