export { type CommonConfig, hexKey, parsedBy, readConfig } from './config.ts';
export type { Check } from './health.ts';
export { loop } from './loop.ts';
export { actor, runService, type Runtime, type ServiceParts, VERSION } from './run-service.ts';
export type { LongLived } from './supervise.ts';
