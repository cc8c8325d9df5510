export { answers, freePort, isPortFree } from './free-port.ts';
export { type Guard, type Stage, startGuard } from './guard.ts';
export { describeExit, type Exit, launch, type LaunchPlan, ready, type Running } from './launch.ts';
export { natsUrl, type NatsOptions, planNats } from './nats.ts';
export type { NatsUser } from './nats-config.ts';
export { ensureDatabase, planPostgres, type PostgresOptions, postgresUrl, withConnection } from './postgres.ts';
export { removeCluster } from './postgres-cluster.ts';
export { identify, isAlive, type ProcessIdentity } from './process-identity.ts';
export { until, type UntilOptions } from './until.ts';
