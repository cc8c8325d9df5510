import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newApiKey, type PolicyInput, type ServiceName } from '@techno/contracts';
import { createDatabase, startNats, type TestDatabase, type TestNats, until } from '@techno/testkit';
import { type Answer, call, type CallOptions, type Json } from './client.ts';
import { type ServiceProcess, startService } from './service-process.ts';

type Policy = PolicyInput & { roles: NonNullable<PolicyInput['roles']>; actions: NonNullable<PolicyInput['actions']> };

/** The whole system as real processes over a NATS and a database of its own. */
export interface Stack {
  readonly nats: TestNats;
  readonly database: TestDatabase;
  /** Of the first gateway. */
  readonly url: string;
  /** May do everything. */
  readonly rootKey: string;
  /** Every process that was started, the dead ones too. */
  readonly processes: readonly ServiceProcess[];
  /** The first process of that service. */
  process(service: ServiceName): ServiceProcess;
  /** One more replica. */
  start(service: ServiceName, env?: Readonly<Record<string, string>>): Promise<ServiceProcess>;
  /** A request to the first gateway. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** `POST /v1/process` in the context `default`, with the root key unless another is given. */
  submit(action: string, payload: unknown, options?: CallOptions & { contextId?: string }): Promise<Answer>;
  /** A new key; made with the root key over HTTP. */
  newKey(role: string, more?: object): Promise<{ id: string; key: string }>;
  /** The policy in force, changed and applied over HTTP. Answers the revision. */
  applyPolicy(change: (policy: Policy) => void): Promise<number>;
  /** The record of an action, once its status is no longer on the way. */
  ended(traceId: string, key?: string): Promise<Record<string, Json>>;
  stop(): Promise<void>;
}

const ON_THE_WAY = new Set(['ACCEPTED', 'ALLOWED']);
const DEVELOPMENT_POLICY = path.resolve(import.meta.dirname, '../../deploy/policy/development.json');

export interface StackOptions {
  /** Settings for one service beside those that make it part of the stack. */
  readonly env?: Partial<Record<ServiceName, Readonly<Record<string, string>>>>;
  /** Processes of each service; those not named run once. */
  readonly replicas?: Partial<Record<ServiceName, number>>;
}

/**
 * Starts everything (about 3 s) and applies the development policy, as an operator would: over HTTP. `stop` it in afterAll;
 * if the test dies before, the guards stop it.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const logs = await mkdtemp(path.join(tmpdir(), 'techno-stack-'));
  const [nats, database] = await Promise.all([startNats(), createDatabase()]);
  const rootKey = newApiKey('live');
  const secrets = secretsOf(rootKey);
  const processes: ServiceProcess[] = [];

  const start: Stack['start'] = async (service, env = {}) => {
    const started = await startService(
      service,
      {
        NATS_URL: nats.urlOf(service),
        DATABASE_URL: database.url(service),
        TECHNO_LOG_LEVEL: 'debug',
        ...secrets[service],
        ...options.env?.[service],
        ...env,
      },
      logs,
    );
    processes.push(started);
    return started;
  };
  const process = (service: ServiceName) => {
    const found = processes.find((one) => one.service === service);
    if (found === undefined) throw new Error(`${service} was not started`);
    return found;
  };
  const ask: Stack['call'] = (method, path, given) => call(process('gateway').url, method, path, given);

  const stop = async () => {
    await Promise.all(processes.map((one) => one.stop()));
    await Promise.all([nats.stop(), database.drop()]);
    await rm(logs, { recursive: true, force: true });
  };

  const stack: Stack = {
    nats,
    database,
    rootKey,
    processes,
    get url() {
      return process('gateway').url;
    },
    process,
    start,
    call: ask,
    submit: (action, payload, { contextId = 'default', ...given } = {}) =>
      ask('POST', '/v1/process', { key: rootKey, body: { action, context_id: contextId, payload }, ...given }),
    async newKey(role, more = {}) {
      const { status, body } = await ask('POST', '/v1/keys', { key: rootKey, body: { name: `test ${role}`, role, ...more } });
      if (status !== 201) throw new Error(`no key for ${role}: ${JSON.stringify(body)}`);
      return { id: String(body['id']), key: String(body['key']) };
    },
    async applyPolicy(change) {
      const { body: before } = await ask('GET', '/v1/policy', { key: rootKey });
      const document = (before['document'] ?? JSON.parse(await readFile(DEVELOPMENT_POLICY, 'utf8'))) as Policy;
      change(document);
      const { status, body } = await ask('PUT', '/v1/policy', { key: rootKey, body: { document, note: 'test' } });
      if (status !== 200) throw new Error(`the policy was refused: ${JSON.stringify(body)}`);
      return Number(body['revision']);
    },
    ended: (traceId, key = rootKey) =>
      until(async () => {
        const { status, body } = await ask('GET', `/v1/actions/${traceId}`, { key });
        return status === 200 && !ON_THE_WAY.has(String(body['status'])) ? body : undefined;
      }),
    stop,
  };
  try {
    const wanted = (['gate-engine', 'executor', 'auditor', 'gateway'] as const).flatMap((service) =>
      Array.from({ length: options.replicas?.[service] ?? 1 }, () => service),
    );
    // All of them come to an end before one failure is told, so that `stop` knows every process.
    const started = await Promise.allSettled(wanted.map((service) => start(service)));
    for (const one of started) if (one.status === 'rejected') throw one.reason;
    await stack.applyPolicy(() => {});
    return stack;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Least privilege, as in the launcher: nobody is given a secret it does not need. */
function secretsOf(rootKey: string): Partial<Record<ServiceName, Record<string, string>>> {
  const hex = () => randomBytes(32).toString('hex');
  const [pepper, allow, sealing] = [hex(), hex(), hex()];
  return {
    gateway: { TECHNO_KEY_PEPPER: pepper, TECHNO_SECRETS_KEY: sealing },
    'gate-engine': { TECHNO_KEY_PEPPER: pepper, TECHNO_ALLOW_KEYS: `k1:${allow}`, TECHNO_BOOTSTRAP_KEY: rootKey },
    executor: { TECHNO_ALLOW_KEYS: `k1:${allow}` },
  };
}
