import { readConfig } from '@techno/service';

/** Settings of the auditor: those that every service has. The only place here that reads the environment. */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  return readConfig('auditor', {}, env);
}
