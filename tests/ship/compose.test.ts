import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { SERVICES } from '@techno/contracts';
import { parse } from 'yaml';
import { databaseUrl, operatorBus, rolePasswords } from '../../deploy/cli/config.ts';
import { techno } from '../../deploy/cli/program.ts';
import { faultsOf } from './compose-schema.ts';
import { operatorEnv, refusal, ROOT, STARTABLE, unknownSettings } from './settings.ts';

interface Container {
  readonly image: string;
  readonly command?: string[];
  readonly entrypoint?: string[];
  readonly user?: string;
  readonly environment?: Record<string, string>;
  readonly env_file?: { readonly path: string; readonly required: boolean }[];
  readonly build?: { readonly dockerfile: string };
  readonly read_only?: boolean;
  readonly cap_drop?: string[];
  readonly security_opt?: string[];
  readonly privileged?: boolean;
  readonly ports?: string[];
  readonly volumes?: string[];
  readonly networks: string[];
  readonly depends_on?: Record<string, { condition: string }>;
  readonly healthcheck?: { readonly disable?: boolean; readonly test?: string[] };
  readonly stop_grace_period?: string;
}

interface Compose {
  readonly services: Record<string, Container>;
  readonly networks: Record<string, unknown>;
  readonly volumes: Record<string, unknown>;
}

const TEXT = readFileSync(path.join(ROOT, 'docker-compose.yml'), 'utf8');
const read = (text: string) => parse(text, { merge: true }) as Compose;
const COMPOSE = read(TEXT);
const containers = Object.entries(COMPOSE.services);
const one = (name: string, compose = COMPOSE) => {
  const container = compose.services[name];
  if (container === undefined) throw new Error(`docker-compose.yml has no ${name}`);
  return container;
};
const variablesOf = (name: string, compose = COMPOSE) => Object.keys(one(name, compose).environment ?? {});
const ONCE = ['migrate', 'streams'];
const GROUND = ['nats', 'postgres', 'mail', 'jaeger', 'alertmanager', 'prometheus', 'grafana'];

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
const environmentOf = (name: string, env = operator, compose = COMPOSE) =>
  Object.fromEntries(Object.entries(one(name, compose).environment ?? {}).map(([key, value]) => [key, filledIn(value, env)]));

test('it is what the specification of compose asks for', () => {
  expect(faultsOf(COMPOSE)).toEqual([]);
  const { executor, ...others } = COMPOSE.services;
  const misspelt = { ...COMPOSE, services: { ...others, executor: { ...executor, enviroment: {} } } };
  expect(faultsOf(misspelt).join()).toContain('"additionalProperty":"enviroment"');
});

describe('settings', () => {
  test('every service that can be started is there', () => {
    expect(Object.keys(COMPOSE.services).toSorted()).toEqual([...STARTABLE, ...ONCE, ...GROUND].toSorted());
  });

  test.each(STARTABLE)('%s knows every setting it is given', (service) => {
    expect(unknownSettings(service, variablesOf(service))).toEqual([]);
  });

  test.each(STARTABLE)('%s would start with what a fresh .env gives it', { timeout: 30_000 }, async (service) => {
    expect(await refusal(service, environmentOf(service))).toBe('');
  });

  // The file itself is changed, name by name: whichever is misspelt, the two checks above say so.
  test.each(STARTABLE)('of %s no name could be misspelt unnoticed', { timeout: 60_000 }, async (service) => {
    const names = variablesOf(service).filter((name) => new RegExp(`^      ${name}:`, 'm').test(TEXT));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const misspelt = read(TEXT.replaceAll(new RegExp(`^      ${name}:`, 'gm'), `      ${name}X:`));
      expect(unknownSettings(service, variablesOf(service, misspelt))).toEqual([`${name}X`]);
    }
  });

  test('a required one that is missing is named by the service itself', async () => {
    const { TECHNO_ALLOW_KEYS: _left, ...others } = environmentOf('executor');
    expect(await refusal('executor', others)).toContain('TECHNO_ALLOW_KEYS is not set');
  });

  test('migrate and streams read what they are given', () => {
    expect(Object.keys(rolePasswords(environmentOf('migrate'))).toSorted()).toEqual([...SERVICES].toSorted());
    expect(databaseUrl({}, environmentOf('migrate'))).toBe(environmentOf('migrate')['DATABASE_URL']);
    expect(operatorBus({}, environmentOf('streams')).url).toBe(environmentOf('streams')['NATS_URL']);
    expect(variablesOf('migrate')).toHaveLength(1 + SERVICES.length);
    expect(variablesOf('streams')).toHaveLength(1);
    const misspelt = { ...environmentOf('migrate'), DATABASE_PASSWORD_AUDITER: 'x' };
    expect(() => rolePasswords(misspelt)).toThrow('DATABASE_PASSWORD_AUDITER names no service');
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
    for (const [, { environment = {} }] of containers) {
      for (const [name, value] of Object.entries(environment)) {
        if (/PASSWORD|KEY|TOKEN/.test(name)) expect(value).toMatch(/^\$\{\w+:[?-][^}]*\}$/);
        for (const [, password] of value.matchAll(/:\/\/[\w-]+:(.+)@/g)) expect(password).toMatch(/^\$\{\w+:\?[^}]*\}$/);
      }
    }
  });

  test('each service signs in with its own name and password, to the record and to the bus', () => {
    const { environment: told = {} } = one('migrate');
    const { environment: known = {} } = one('nats');
    for (const service of STARTABLE) {
      const name = service.replaceAll('-', '_');
      const { environment = {} } = one(service);
      const [record, bus] = [told[`DATABASE_PASSWORD_${name.toUpperCase()}`], known[`NATS_PASSWORD_${name.toUpperCase()}`]];
      expect(environment['DATABASE_URL']).toBe(`postgres://techno_${name}:${record}@postgres:5432/techno`);
      expect(environment['NATS_URL']).toBe(`nats://${service}:${bus}@nats:4222`);
    }
    const references = [
      ...readFileSync(path.join(ROOT, 'deploy/docker/nats-authorization.conf'), 'utf8').matchAll(/\$(NATS_PASSWORD_\w+)/g),
    ];
    expect(Object.keys(known).toSorted()).toEqual(references.map(([, name = '']) => name).toSorted());
  });
});

describe('containment', () => {
  test.each(containers)('%s cannot write, has no capability and gains none', (_name, container) => {
    expect(container.read_only).toBe(true);
    expect(container.cap_drop).toEqual(['ALL']);
    expect(container.security_opt).toContain('no-new-privileges:true');
    expect(container).not.toHaveProperty('cap_add');
    expect(container.privileged).toBeUndefined();
    expect(container.image).toMatch(/:v?\d+\.\d+/);
  });

  test('only the gateway and Grafana are exposed, on this machine unless told otherwise', () => {
    const exposed = containers.filter(([, { ports }]) => ports !== undefined);
    expect(exposed.map(([name]) => name).toSorted()).toEqual(['gateway', 'grafana']);
    expect(filledIn(one('gateway').ports?.[0] ?? '', {})).toBe('127.0.0.1:8080:8080');
    expect(filledIn(one('grafana').ports?.[0] ?? '', {})).toBe('127.0.0.1:3000:3000');
  });

  test('Grafana lets nobody in without a login', () => {
    expect(one('grafana').environment).toMatchObject({
      GF_SECURITY_ADMIN_PASSWORD: '${GRAFANA_PASSWORD:?see docs/DEPLOY.md}',
      GF_AUTH_ANONYMOUS_ENABLED: 'false',
      GF_USERS_ALLOW_SIGN_UP: 'false',
    });
  });

  test('only those that must reach the outside can', () => {
    expect(COMPOSE.networks['inside']).toEqual({ internal: true });
    const outside = containers.filter(([, { networks }]) => networks.includes('outside')).map(([name]) => name);
    expect(outside.toSorted()).toEqual(['executor', 'gateway', 'grafana', 'notifier']);
  });
});

describe('order and paths', () => {
  test.each(STARTABLE)('%s starts when NATS is healthy and the schema is there', (service) => {
    expect(one(service).depends_on).toMatchObject({
      nats: { condition: 'service_healthy' },
      streams: { condition: 'service_completed_successfully' },
      migrate: { condition: 'service_completed_successfully' },
    });
  });

  test('the gateway comes after every other service, and what watches after the gateway', () => {
    const others = STARTABLE.filter((service) => service !== 'gateway');
    for (const service of others) expect(one('gateway').depends_on?.[service]).toEqual({ condition: 'service_healthy' });
    expect(one('prometheus').depends_on?.['gateway']).toEqual({ condition: 'service_healthy' });
    expect(one('grafana').depends_on?.['prometheus']).toEqual({ condition: 'service_healthy' });
  });

  test('whatever goes on running says whether it is healthy', () => {
    const silent = containers.filter(([, { build, healthcheck }]) => build === undefined && healthcheck?.test === undefined);
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  test('whoever is waited for exists and can be healthy', () => {
    for (const [, { depends_on: awaited = {} }] of containers) {
      for (const [name, { condition }] of Object.entries(awaited)) {
        if (condition === 'service_healthy') expect(one(name).healthcheck ?? one(name).build).not.toHaveProperty('disable');
        else expect([ONCE, condition]).toEqual([expect.arrayContaining([name]), 'service_completed_successfully']);
      }
    }
  });

  test.each(STARTABLE)('%s has longer to stop than it takes to drain', (service) => {
    const { environment = {}, stop_grace_period: period = '' } = one(service);
    expect(Number(period.replace('s', '')) * 1_000).toBeGreaterThanOrEqual(Number(environment['TECHNO_GRACE_MS']) + 5_000);
  });

  test('every program and file that is named exists', () => {
    for (const [name, { build, command = [], volumes = [] }] of containers) {
      if (build !== undefined) {
        expect(existsSync(path.join(ROOT, build.dockerfile))).toBe(true);
        expect(command[0]).toBe(ONCE.includes(name) ? 'deploy/cli/main.ts' : `services/${name}/src/main.ts`);
        expect(existsSync(path.join(ROOT, command[0] ?? ''))).toBe(true);
      }
      for (const volume of volumes) {
        const [source = ''] = volume.split(':');
        if (source.startsWith('.')) expect(existsSync(path.join(ROOT, source)), source).toBe(true);
        else expect(Object.keys(COMPOSE.volumes)).toContain(source);
      }
    }
  });

  test('what is asked of the command line is a verb of it', () => {
    for (const name of ONCE) {
      const [, verb = '', word = ''] = one(name).command ?? [];
      const found = techno().commands.find((command) => command.name() === verb);
      expect(
        found?.commands.map((command) => command.name()),
        verb,
      ).toContain(word);
    }
  });

  test('every address inside names a container and a port that it listens on', () => {
    const ports: Record<string, readonly number[]> = {
      nats: [4222],
      postgres: [5432],
      mail: [1025],
      jaeger: [4318],
      gateway: [8080, 9100],
      prometheus: [9090],
      alertmanager: [9093],
    };
    const named = [
      ...containers.flatMap(([name, { environment = {} }]) =>
        Object.keys(environment).map((key) => environmentOf(name)[key] ?? ''),
      ),
      readFileSync(path.join(ROOT, 'deploy/alertmanager/alertmanager.yml'), 'utf8'),
    ].flatMap((text) => [...text.matchAll(/\w+:\/\/(?:[^@\s/]+@)?([a-z-]+):(\d+)/g)]);
    expect(named.length).toBeGreaterThan(10);
    for (const [text, host = '', port] of named) expect(ports[host], text).toContain(Number(port));
    expect(filledIn(one('executor').environment?.['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '', {})).toBe('http://jaeger:4318');
    expect(filledIn(one('notifier').environment?.['CHANNEL_EMAIL_URL'] ?? '', {})).toBe('smtp://mail:1025');
  });

  test('Prometheus scrapes every service, and finds what is mounted', () => {
    const targets = JSON.parse(readFileSync(path.join(ROOT, 'deploy/prometheus/targets/services.json'), 'utf8')) as {
      targets: string[];
    }[];
    expect(targets.flatMap((group) => group.targets).toSorted()).toEqual(STARTABLE.map((name) => `${name}:9100`).toSorted());
    expect(one('alertmanager').entrypoint?.join(' ')).toContain('/run/secrets/alerts_token');
    expect(readFileSync(path.join(ROOT, 'deploy/alertmanager/alertmanager.yml'), 'utf8')).toContain('/run/secrets/alerts_token');
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
  expect(conf).toContain('include ./nats-authorization.conf');
});
