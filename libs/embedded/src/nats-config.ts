/** One who may sign in. Without permissions: everything. */
export interface NatsUser {
  readonly user: string;
  readonly password: string;
  readonly permissions?: {
    readonly publish: { readonly allow: readonly string[]; readonly deny: readonly string[] };
    readonly subscribe: { readonly allow: readonly string[] };
  };
}

export interface NatsSettings {
  readonly port: number;
  readonly monitorPort: number;
  /** Where JetStream keeps its streams (in `jetstream/` below it). */
  readonly storeDir: string;
  /** The operator's: whoever holds it may do everything. */
  readonly user: string;
  readonly password: string;
  /** Everybody else. */
  readonly users?: readonly NatsUser[];
  readonly serverName: string;
}

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** The configuration file. The format of nats-server contains JSON, which has no quoting traps for paths and passwords. */
export function natsConfig(settings: NatsSettings): string {
  return JSON.stringify(
    {
      server_name: settings.serverName,
      host: '127.0.0.1',
      port: settings.port,
      http: `127.0.0.1:${settings.monitorPort}`,
      max_payload: 8 * MIB,
      authorization: { users: [{ user: settings.user, password: settings.password }, ...(settings.users ?? [])] },
      jetstream: {
        store_dir: settings.storeDir,
        // Postgres is the record, so a power cut costs a re-drive and not an action; fsync on every message costs three quarters of the throughput.
        sync_interval: '1s',
        // Explicit, because the default follows the free space of the disk and then refuses streams on a full one.
        max_file_store: 16 * GIB,
        max_memory_store: 256 * MIB,
      },
    },
    null,
    2,
  );
}
