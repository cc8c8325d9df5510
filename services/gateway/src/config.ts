import { SECOND } from '@techno/kernel';
import { hexKey, readConfig, parsedBy } from '@techno/service';
import { z } from 'zod';
import { parseSecretsKeys } from './webhooks/secret-box.ts';

const shape = {
  TECHNO_HTTP_HOST: z.string().default('0.0.0.0').describe('0.0.0.0'),
  TECHNO_HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(8080).describe('8080'),
  TECHNO_TRUSTED_PROXIES: z.coerce.number().int().min(0).max(10).default(0).describe('1'),
  TECHNO_KEY_PEPPER: hexKey.describe('64 hex digits, the same for gateway and gate-engine'),
  TECHNO_SECRETS_KEY: parsedBy(parseSecretsKeys).describe('64 hex digits'),
  /** Requests held at once; past it 503. */
  TECHNO_MAX_IN_FLIGHT: z.coerce.number().int().positive().default(2_000).describe('2000'),
  /** Accepted requests that NATS has not taken yet; past it 503. */
  TECHNO_MAX_BACKLOG: z.coerce.number().int().positive().default(10_000).describe('10000'),
  TECHNO_BODY_LIMIT_BYTES: z.coerce.number().int().positive().default(1_048_576).describe('1048576'),
  TECHNO_WAIT_MS: z.coerce
    .number()
    .int()
    .positive()
    .max(60_000)
    .default(10 * SECOND)
    .describe('10000'),
  /** An accepted request that has not ended by then is driven again; each further time after twice as long, at most ten minutes. */
  TECHNO_SWEEP_AFTER_MS: z.coerce
    .number()
    .int()
    .min(1_000)
    .default(20 * SECOND)
    .describe('20000'),
} as const;

/** Settings of the gateway. The only place here that reads the environment. */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  return readConfig('gateway', shape, env);
}

export type GatewayConfig = ReturnType<typeof loadConfig>;
