import { parseAllowKeys } from '@techno/contracts';
import { HOUR } from '@techno/kernel';
import { hexKey, readConfig, parsedBy } from '@techno/service';
import { z } from 'zod';

const shape = {
  TECHNO_KEY_PEPPER: hexKey.describe('64 hex digits, the same for gateway and gate-engine'),
  TECHNO_ALLOW_KEYS: parsedBy(parseAllowKeys).describe('k1:<64 hex digits>, the same for gate-engine and executor'),
  TECHNO_BOOTSTRAP_KEY: z.string().optional().describe('sk_live_…, a root key that exists from the first start on'),
  TECHNO_ALLOW_LIFETIME_MS: z.coerce
    .number()
    .int()
    .positive()
    .default(1 * HOUR)
    .describe('3600000'),
} as const;

/** Settings of the gate-engine. The only place here that reads the environment. */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  return readConfig('gate-engine', shape, env);
}

export type GateEngineConfig = ReturnType<typeof loadConfig>;
