import type { ServiceName } from '@techno/contracts';

/** What a service is given besides what all get. Least privilege: nobody holds a secret it does not need. */
export type Grant =
  | 'http' // the public port
  | 'key-pepper' // hashes API keys
  | 'allow-keys' // signs and verifies ALLOWs
  | 'secrets-key' // seals webhook secrets at rest
  | 'bootstrap-key' // the admin key that must exist
  | 'llm' // a model's address and credentials
  | 'upstream-secrets' // TECHNO_SECRET_*, and where requests may go
  | 'channels'; // CHANNEL_*: mail and message providers, the stand-ins where none is named

export interface ServiceSpec {
  readonly name: ServiceName;
  readonly grants: readonly Grant[];
  /** First port of its operations endpoints; replicas take the following ones. */
  readonly opsPort: number;
}

/** Every service that `start` runs, in the order they are shown. A new one is one line. */
export const STARTED: readonly ServiceSpec[] = [
  { name: 'gateway', grants: ['http', 'key-pepper', 'secrets-key'], opsPort: 9101 },
  { name: 'gate-engine', grants: ['key-pepper', 'allow-keys', 'bootstrap-key'], opsPort: 9111 },
  { name: 'executor', grants: ['allow-keys', 'llm', 'upstream-secrets'], opsPort: 9121 },
  { name: 'auditor', grants: [], opsPort: 9131 },
  { name: 'notifier', grants: ['channels'], opsPort: 9161 },
  { name: 'scheduler', grants: [], opsPort: 9151 },
  { name: 'dlq-replayer', grants: [], opsPort: 9141 },
];

export interface Instance {
  /** `executor`, and `executor-2`, … for its replicas. */
  readonly id: string;
  readonly spec: ServiceSpec;
  /** From 0. */
  readonly replica: number;
}

/** One entry for each process to run. Services not named in `replicas` run once. */
export function instancesOf(services: readonly ServiceSpec[], replicas: ReadonlyMap<ServiceName, number>): Instance[] {
  return services.flatMap((spec) =>
    Array.from({ length: replicas.get(spec.name) ?? 1 }, (_, replica) => ({
      id: replica === 0 ? spec.name : `${spec.name}-${replica + 1}`,
      spec,
      replica,
    })),
  );
}
