import { readConfig } from '@techno/service';

/** Settings of the replayer. The only place here that reads the environment. */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  return readConfig('dlq-replayer', {}, env);
}

export type ReplayerConfig = ReturnType<typeof loadConfig>;
