import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

export const ROOT = path.resolve(import.meta.dirname, '../..');

/** The services that can be started. */
export const STARTABLE = globSync('services/*/src/main.ts', { cwd: ROOT })
  .map((file) => file.split(path.sep)[1] ?? '')
  .toSorted();

const SETTING = /^\s*(TECHNO_[A-Z_]+|NATS_URL|DATABASE_URL|OTEL_[A-Z_]+|LLM_[A-Z_]+|CHANNEL_[A-Z_]+):/gm;

const namesIn = (file: string) =>
  [...readFileSync(path.join(ROOT, file), 'utf8').matchAll(SETTING)].flatMap(([, name]) => (name === undefined ? [] : [name]));

const COMMON = namesIn('libs/service/src/config.ts');

/** What is set for a service and is no setting of its; everything else that is misspelt would be ignored in silence. */
export function unknownSettings(service: string, names: readonly string[]): string[] {
  const known = new Set([...COMMON, ...namesIn(`services/${service}/src/config.ts`)]);
  return names.filter((name) => !known.has(name));
}

/** What the service itself says to these settings: '' if it would start with them. */
export async function refusal(service: string, env: Readonly<Record<string, string>>): Promise<string> {
  const { loadConfig } = (await import(path.join(ROOT, 'services', service, 'src/config.ts'))) as {
    loadConfig: (env: Readonly<Record<string, string>>) => unknown;
  };
  try {
    loadConfig(env);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A `.env` as an operator makes it. */
export async function operatorEnv(): Promise<Record<string, string>> {
  const { stdout } = await promisify(execFile)(process.execPath, ['deploy/docker/new-env.ts'], { cwd: ROOT });
  return Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}
