import { parseAllowKeys } from '@techno/contracts';
import { readConfig, parsedBy } from '@techno/service';
import { z } from 'zod';
import type { LlmConfig } from './executors/llm/config.ts';

const SECRET_PREFIX = 'TECHNO_SECRET_';

const shape = {
  TECHNO_ALLOW_KEYS: parsedBy(parseAllowKeys).describe('k1:<64 hex digits>'),
  TECHNO_EGRESS_ALLOW: z
    .string()
    .default('')
    .describe('127.0.0.1:8025')
    .transform((list) => list.split(',').flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim()]))),
  LLM_BASE_URL: z.url().optional().describe('https://api.example.com/v1'),
  LLM_API_KEY: z.string().optional().describe('the key of that endpoint'),
  LLM_MODEL: z.string().optional().describe('a model of that endpoint'),
  LLM_INPUT_USD_PER_MTOK: z.coerce.number().nonnegative().default(0).describe('0.5'),
  LLM_OUTPUT_USD_PER_MTOK: z.coerce.number().nonnegative().default(0).describe('1.5'),
} as const;

/** Settings of the executor service. The only place here that reads the environment. */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env) {
  const config = readConfig('executor', shape, env);
  const { LLM_BASE_URL: baseUrl, LLM_API_KEY: apiKey, LLM_MODEL: model } = config;
  const llm: LlmConfig | undefined =
    baseUrl === undefined || model === undefined
      ? undefined
      : {
          baseUrl,
          ...(apiKey === undefined ? {} : { apiKey }),
          model,
          prices: {
            [model]: { inputUsd: config.LLM_INPUT_USD_PER_MTOK, outputUsd: config.LLM_OUTPUT_USD_PER_MTOK },
          },
        };
  return { ...config, llm, secrets: (name: string) => env[`${SECRET_PREFIX}${name}`] };
}

export type ExecutorConfig = ReturnType<typeof loadConfig>;
