import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { operatorEnv, refusal, ROOT, STARTABLE, unknownSettings } from './settings.ts';

interface Container {
  readonly image: string;
  readonly command: string[];
  readonly environment: Record<string, string>;
  readonly build?: { readonly dockerfile: string };
  readonly read_only?: boolean;
  readonly cap_drop?: string[];
  readonly security_opt?: string[];
  readonly privileged?: boolean;
  readonly ports?: string[];
  readonly volumes?: string[];
  readonly networks: string[];
  readonly depends_on?: Record<string, { condition: string }>;
  readonly healthcheck?: { readonly disable?: boolean };
  readonly stop_grace_period?: string;
}

const TEXT = readFileSync(path.join(ROOT, 'docker-compose.yml'), 'utf8');
const COMPOSE = parse(TEXT, { merge: true }) as { services: Record<string, Container>; networks: Record<string, unknown> };
const containers = Object.entries(COMPOSE.services);
const one = (name: string) => {
  const container = COMPOSE.services[name];
  if (container === undefined) throw new Error(`docker-compose.yml has no ${name}`);
  return container;
};

let operator: Record<string, string>;
beforeAll(async () => {
  operator = await operatorEnv();
}, 60_000);

/** `${NAME:?why}` and `${NAME:-otherwise}`, as compose puts them in. */
const filledIn = (value: string, env: Record<string, string>) =>
  value.replaceAll(/\$\{(\w+):([?-])([^}]*)\}/g, (_all, name: string, kind: string, text: string) => {
    const given = env[name];
    if (given !== undefined && given !== '') return given;
    if (kind === '?') throw new Error(`${name}: ${text}`);
    return text;
  });
const environmentOf = (name: string, env = operator) =>
  Object.fromEntries(Object.entries(one(name).environment).map(([key, value]) => [key, filledIn(value, env)]));

describe('settings', () => {
  test('every service that can be started is there', () => {
    expect(Object.keys(COMPOSE.services).toSorted()).toEqual([...STARTABLE, 'migrate', 'nats', 'postgres'].toSorted());
  });

  test.each(STARTABLE)('%s knows every setting it is given', (service) => {
    expect(unknownSettings(service, Object.keys(one(service).environment))).toEqual([]);
  });

  test.each(STARTABLE)('%s would start with what a fresh .env gives it', { timeout: 30_000 }, async (service) => {
    expect(await refusal(service, environmentOf(service))).toBe('');
  });

  test('a misspelt setting is found, and the one that is now missing is named', { timeout: 30_000 }, async () => {
    const { TECHNO_ALLOW_KEYS: value = '', ...others } = environmentOf('executor');
    const misspelt = { ...others, TECHNO_ALOW_KEYS: value };
    expect(unknownSettings('executor', Object.keys(misspelt))).toEqual(['TECHNO_ALOW_KEYS']);
    expect(await refusal('executor', misspelt)).toContain('TECHNO_ALLOW_KEYS is not set');
  });

  test('every secret is asked for by name, and a fresh .env has exactly those', () => {
    const demanded = new Set([...TEXT.matchAll(/\$\{(\w+):\?/g)].map(([, name = '']) => name));
    expect([...demanded].toSorted()).toEqual(Object.keys(operator).toSorted());
    for (const name of Object.keys(operator)) {
      const { [name]: _left, ...rest } = operator;
      expect(() => containers.map(([id]) => environmentOf(id, rest))).toThrow(`${name}: see docs/DEPLOY.md`);
    }
  });

  test('nothing secret stands in the file', () => {
    for (const [, { environment }] of containers) {
      for (const [name, value] of Object.entries(environment)) {
        if (/PASSWORD|KEY|TOKEN/.test(name)) expect(value).toMatch(/^\$\{\w+:[?-][^}]*\}$/);
        for (const [, password] of value.matchAll(/:\/\/\w+:(.+)@/g)) expect(password).toMatch(/^\$\{\w+:\?[^}]*\}$/);
      }
    }
  });

  test('migrate is told the password that each service signs in with', () => {
    const { environment } = one('migrate');
    for (const service of STARTABLE) {
      const name = service.replaceAll('-', '_');
      const password = environment[`DATABASE_PASSWORD_${name.toUpperCase()}`];
      expect(one(service).environment['DATABASE_URL']).toBe(`postgres://techno_${name}:${password}@postgres:5432/techno`);
    }
  });
});

describe('containment', () => {
  test.each(containers)('%s cannot write, has no capability and gains none', (_name, container) => {
    expect(container.read_only).toBe(true);
    expect(container.cap_drop).toEqual(['ALL']);
    expect(container.security_opt).toContain('no-new-privileges:true');
    expect(container).not.toHaveProperty('cap_add');
    expect(container.privileged).toBeUndefined();
    expect(container.image).toMatch(/:\d+\.\d+/);
  });

  test('only the gateway is exposed, on this machine unless told otherwise', () => {
    const exposed = containers.filter(([, { ports }]) => ports !== undefined);
    expect(exposed.map(([name]) => name)).toEqual(['gateway']);
    expect(filledIn(one('gateway').ports?.[0] ?? '', {})).toBe('127.0.0.1:8080:8080');
  });

  test('only those that must reach the outside can', () => {
    expect(COMPOSE.networks['inside']).toEqual({ internal: true });
    const outside = containers.filter(([, { networks }]) => networks.includes('outside')).map(([name]) => name);
    expect(outside.toSorted()).toEqual(['executor', 'gateway', 'notifier']);
  });
});

describe('order and paths', () => {
  test.each(STARTABLE)('%s starts when NATS is healthy and the schema is there', (service) => {
    expect(one(service).depends_on).toMatchObject({
      nats: { condition: 'service_healthy' },
      migrate: { condition: 'service_completed_successfully' },
    });
  });

  test('whoever is waited for exists and can be healthy', () => {
    for (const [, { depends_on: awaited = {} }] of containers) {
      for (const [name, { condition }] of Object.entries(awaited)) {
        if (condition === 'service_healthy') expect(one(name).healthcheck ?? one(name).build).not.toHaveProperty('disable');
        else expect([name, condition]).toEqual(['migrate', 'service_completed_successfully']);
      }
    }
  });

  test.each(STARTABLE)('%s has longer to stop than it takes to drain', (service) => {
    const { environment, stop_grace_period: period = '' } = one(service);
    expect(Number(period.replace('s', '')) * 1_000).toBeGreaterThanOrEqual(Number(environment['TECHNO_GRACE_MS']) + 5_000);
  });

  test('every program and file that is named exists', () => {
    for (const [name, { build, command, volumes = [] }] of containers) {
      if (build !== undefined) {
        expect(existsSync(path.join(ROOT, build.dockerfile))).toBe(true);
        expect(command[0]).toBe(name === 'migrate' ? 'deploy/cli/main.ts' : `services/${name}/src/main.ts`);
        expect(existsSync(path.join(ROOT, command[0] ?? ''))).toBe(true);
      }
      for (const volume of volumes.filter((entry) => entry.startsWith('.')))
        expect(existsSync(path.join(ROOT, volume.split(':')[0] ?? ''))).toBe(true);
    }
  });
});

test('NATS is configured as the embedded one is', () => {
  const conf = readFileSync(path.join(ROOT, 'deploy/docker/nats.conf'), 'utf8');
  const embedded = readFileSync(path.join(ROOT, 'libs/embedded/src/nats-config.ts'), 'utf8');
  const setting = (text: string, name: string) => new RegExp(`^\\s*${name}: (.+?),?$`, 'm').exec(text)?.[1];
  const asThere = (text = '') => text.replace(/^(\d+)MB$/, '$1 * MIB').replace(/^(\d+)GB$/, '$1 * GIB');
  expect(`'${setting(conf, 'sync_interval')}'`).toBe(setting(embedded, 'sync_interval'));
  for (const name of ['max_payload', 'max_file_store', 'max_memory_store'])
    expect(asThere(setting(conf, name))).toBe(setting(embedded, name));
  expect(setting(conf, 'password')).toBe('$NATS_PASSWORD');
});
