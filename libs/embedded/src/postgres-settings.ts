export interface PostgresSettings {
  readonly port: number;
  /** `off` only where the data is thrown away anyway (tests): a crash of the machine then loses it. */
  readonly durable: boolean;
}

/** Every setting is passed on the command line, so that a cluster made by an older version follows the newer one. */
export function postgresSettings(settings: PostgresSettings): Readonly<Record<string, string>> {
  return {
    listen_addresses: '127.0.0.1',
    port: String(settings.port),
    // Its path would be limited to 107 bytes, and only TCP is used.
    unix_socket_directories: '',
    max_connections: '200',
    password_encryption: 'scram-sha-256',
    // Each 30 s Linux writes at once the new pages of tables whose contents are still in it: 256 MB made bursts of 230 MB, 128 of 120, this of 75 to 85.
    shared_buffers: '64MB',
    // With the default of 100 the background writer does no more than 500 pages a second, and the rest is written by whoever commits.
    bgwriter_lru_maxpages: '1000',
    bgwriter_lru_multiplier: '4',
    bgwriter_delay: '100ms',
    backend_flush_after: '256kB',
    fsync: settings.durable ? 'on' : 'off',
    synchronous_commit: settings.durable ? 'on' : 'off',
    full_page_writes: settings.durable ? 'on' : 'off',
    wal_buffers: '16MB',
    min_wal_size: '256MB',
    max_wal_size: '2GB',
    checkpoint_timeout: '10min',
    wal_compression: 'on',
    // Five times as gentle as usual: with 2 ms it takes up to 40 % of a processor, for ten seconds, and whoever waits for an answer notices.
    autovacuum_vacuum_cost_delay: '10ms',
    random_page_cost: '1.1',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    logging_collector: 'off',
    log_checkpoints: 'off',
  };
}

export function postgresArguments(dataDir: string, settings: PostgresSettings): string[] {
  const flags = Object.entries(postgresSettings(settings)).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', dataDir, ...flags];
}
