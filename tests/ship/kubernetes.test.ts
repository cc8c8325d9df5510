import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Document, documentsOf } from './manifests.ts';
import { operatorEnv, refusal, ROOT, STARTABLE, unknownSettings } from './settings.ts';

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string; readonly optional?: boolean } };
}
interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}
interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: string[];
  readonly env: Variable[];
  readonly ports?: { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: unknown;
  readonly resources: { readonly requests: Record<string, string>; readonly limits: Record<string, string> };
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
}
interface Pod {
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: unknown;
  readonly containers: Container[];
  readonly volumes: Record<string, unknown>[];
  readonly terminationGracePeriodSeconds: number;
  readonly topologySpreadConstraints: { readonly topologyKey: string }[];
}
const BASE = documentsOf('base');
const ofKind = (kind: string) => BASE.filter((document) => document.kind === kind);
const named = (kind: string, name: string): Document => {
  const found = ofKind(kind).find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
};
const podOf = (document: Document) => document.spec.template.spec as Pod;
const containerOf = (document: Document) => podOf(document).containers[0] as Container;
const workloads = [...ofKind('Deployment'), ...ofKind('Job')].map((document) => [document.metadata.name, document] as const);

/** Which keys of which Secrets will exist, by the ExternalSecrets that make them. */
const SECRETS = new Map(
  ofKind('ExternalSecret').map(({ spec }) => [
    spec.target.name as string,
    (spec.data as { secretKey: string }[]).map(({ secretKey }) => secretKey),
  ]),
);

let store: Record<string, string>;
beforeAll(async () => {
  store = {
    ...(await operatorEnv()),
    NATS_URL: 'nats://techno:p@nats.techno-data.svc:4222',
    DATABASE_URL: 'postgres://u:p@postgres.techno-data.svc:5432/techno',
  };
}, 60_000);

describe('settings', () => {
  test('every service that can be started is deployed', () => {
    expect(
      ofKind('Deployment')
        .map(({ metadata }) => metadata.name)
        .toSorted(),
    ).toEqual(STARTABLE);
  });

  test.each(STARTABLE)('%s knows its settings, and would start with them', { timeout: 30_000 }, async (service) => {
    const { env } = containerOf(named('Deployment', service));
    expect(
      unknownSettings(
        service,
        env.map(({ name }) => name),
      ),
    ).toEqual([]);
    const given = env.flatMap(({ name, value, valueFrom }) => {
      const text = value ?? (valueFrom?.secretKeyRef.optional === true ? undefined : store[valueFrom?.secretKeyRef.key ?? '']);
      return text === undefined ? [] : [[name, text] as const];
    });
    expect(await refusal(service, Object.fromEntries(given))).toBe('');
  });

  test('a misspelt setting is found', () => {
    const names = containerOf(named('Deployment', 'gateway')).env.map(({ name }) => name.replace('SECRETS_KEY', 'SECRET_KEYS'));
    expect(unknownSettings('gateway', names)).toEqual(['TECHNO_SECRET_KEYS']);
  });

  test.each(workloads)('%s: what is secret comes from a Secret that will exist, and from its own', (name, document) => {
    for (const { name: variable, value, valueFrom } of containerOf(document).env) {
      if (/URL|PASSWORD|PEPPER|KEY|TOKEN/.test(variable)) expect(value).toBeUndefined();
      if (valueFrom === undefined) continue;
      const { name: secret, key, optional } = valueFrom.secretKeyRef;
      expect(secret).toBe(`techno-${name}`);
      expect(key).toBe(variable);
      if (optional !== true) expect(SECRETS.get(secret)).toContain(key);
    }
  });

  test('migrate makes a role for every service', () => {
    const names = containerOf(named('Job', 'migrate')).env.map(({ name }) => name);
    expect(names.toSorted()).toEqual(
      [
        'DATABASE_URL',
        ...STARTABLE.map((service) => `DATABASE_PASSWORD_${service.replaceAll('-', '_').toUpperCase()}`),
      ].toSorted(),
    );
  });
});

describe('least privilege', () => {
  test.each(workloads)('%s is restricted', (name, document) => {
    const pod = podOf(document);
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod.containers).toHaveLength(1);
    expect(containerOf(document).securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const volume of pod.volumes) expect(Object.keys(volume).toSorted()).toEqual(['emptyDir', 'name']);
    for (const forbidden of ['hostNetwork', 'hostPID', 'hostIPC', 'initContainers']) expect(pod).not.toHaveProperty(forbidden);
    expect(pod.serviceAccountName).toBe(name);
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(named('ServiceAccount', name).automountServiceAccountToken).toBe(false);
    const { requests, limits } = containerOf(document).resources;
    for (const resource of ['cpu', 'memory']) expect([requests[resource], limits[resource]]).not.toContain(undefined);
  });

  test('nobody reaches anybody who is not named', () => {
    expect(named('NetworkPolicy', 'default-deny').spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    const uses = (name: string) =>
      named(name === 'migrate' ? 'Job' : 'Deployment', name).spec.template.metadata.labels as Record<string, string>;
    for (const service of STARTABLE) expect(uses(service)['techno.os/uses']).toBe('record-and-bus');
    expect(uses('migrate')['techno.os/uses']).toBe('record');
    const outside = STARTABLE.filter((service) => uses(service)['techno.os/calls'] === 'outside');
    expect(outside).toEqual(['executor', 'notifier']);
    expect(named('NetworkPolicy', 'outside').spec.podSelector.matchLabels).toEqual({ 'techno.os/calls': 'outside' });
    const entered = ofKind('NetworkPolicy').filter(({ spec }) => spec.ingress !== undefined);
    expect(entered.map(({ metadata }) => metadata.name).toSorted()).toEqual(['gateway-from-ingress', 'metrics']);
  });
});

describe('life of a pod', () => {
  test.each(STARTABLE)('%s is probed, drains in time and is spread', (service) => {
    const document = named('Deployment', service);
    const container = containerOf(document);
    expect(container.args).toEqual([`services/${service}/src/main.ts`]);
    expect(container.ports).toContainEqual({ name: 'ops', containerPort: 9100 });
    expect(container.startupProbe?.httpGet).toEqual({ path: '/healthz', port: 'ops' });
    expect(container.livenessProbe?.httpGet).toEqual({ path: '/healthz', port: 'ops' });
    expect(container.readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'ops' });
    const graceMs = Number(container.env.find(({ name }) => name === 'TECHNO_GRACE_MS')?.value);
    const preStopMs = (container.lifecycle?.preStop.sleep.seconds ?? Number.NaN) * 1_000;
    expect(podOf(document).terminationGracePeriodSeconds * 1_000).toBeGreaterThanOrEqual(preStopMs + graceMs + 10_000);
    expect(podOf(document).topologySpreadConstraints.map(({ topologyKey }) => topologyKey)).toEqual([
      'kubernetes.io/hostname',
      'topology.kubernetes.io/zone',
    ]);
    const selector = { 'app.kubernetes.io/name': service };
    expect(document.spec.template.metadata.labels).toMatchObject(selector);
    expect(document.spec.selector.matchLabels).toEqual(selector);
    expect(named('Service', service).spec.selector).toEqual(selector);
    expect(named('PodDisruptionBudget', service).spec).toEqual({ maxUnavailable: 1, selector: { matchLabels: selector } });
  });

  test.each(STARTABLE.filter((service) => service !== 'auditor'))('%s scales, and nothing else sets its replicas', (service) => {
    const { spec } = named('HorizontalPodAutoscaler', service);
    expect(spec.scaleTargetRef).toEqual({ apiVersion: 'apps/v1', kind: 'Deployment', name: service });
    expect(named('Deployment', service).spec.replicas).toBeUndefined();
    const [cpu, lag] = spec.metrics;
    expect(cpu.resource.name).toBe('cpu');
    if (service === 'gateway') expect(lag).toBeUndefined();
    else
      expect(lag.external).toMatchObject({
        metric: {
          name: 'consumer_lag',
          selector: { matchLabels: { container: containerOf(named('Deployment', service)).name } },
        },
      });
  });

  test('the lag that is scaled by is a metric that the services have', () => {
    expect(readFileSync(path.join(ROOT, 'libs/telemetry/src/metrics/consumers.ts'), 'utf8')).toContain("name: 'consumer_lag'");
    expect(named('PodMonitor', 'techno-os').spec.podMetricsEndpoints).toMatchObject([{ port: 'ops', path: '/metrics' }]);
  });

  test('one auditor works and one stands by', () => {
    expect(named('Deployment', 'auditor').spec.replicas).toBe(2);
    expect(ofKind('HorizontalPodAutoscaler').map(({ metadata }) => metadata.name)).not.toContain('auditor');
  });
});

const kustomization = (folder: string) =>
  parse(readFileSync(path.join(ROOT, `k8s/${folder}/kustomization.yaml`), 'utf8')) as {
    readonly namespace?: string;
    readonly resources: string[];
    readonly images: { readonly name: string; readonly newTag: string }[];
    readonly patches: { readonly target: { readonly kind: string; readonly name: string }; readonly patch: string }[];
  };

test('the base takes in each of its files', () => {
  const files = globSync('k8s/base/*.yaml', { cwd: ROOT }).map((file) => path.basename(file));
  expect([...kustomization('base').resources, 'kustomization.yaml'].toSorted()).toEqual(files.toSorted());
  for (const [, document] of workloads) {
    expect(containerOf(document).image).toBe('techno-os');
    expect(existsSync(path.join(ROOT, containerOf(document).args[0] ?? ''))).toBe(true);
  }
});

describe.each(['staging', 'production'])('overlay %s', (overlay) => {
  const { namespace, resources, images, patches } = kustomization(`overlays/${overlay}`);
  const own = documentsOf(`overlays/${overlay}`);

  test('has a restricted namespace, and an image with a version', () => {
    expect(resources).toEqual(['../../base', 'namespace.yaml', 'ingress.yaml']);
    const { metadata } = own.find(({ kind }) => kind === 'Namespace') as Document;
    expect(metadata.name).toBe(namespace);
    expect(metadata.labels?.['pod-security.kubernetes.io/enforce']).toBe('restricted');
    expect(images).toMatchObject([{ name: 'techno-os', newTag: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string }]);
  });

  test('lets the world in to the gateway only, with TLS', () => {
    const { spec } = own.find(({ kind }) => kind === 'Ingress') as Document;
    expect(spec.rules).toHaveLength(1);
    expect(spec.tls[0].hosts).toEqual([spec.rules[0].host]);
    expect(spec.rules[0].http.paths).toEqual([
      { path: '/', pathType: 'Prefix', backend: { service: { name: 'gateway', port: { name: 'http' } } } },
    ]);
    expect(named('Service', 'gateway').spec.ports).toContainEqual({ name: 'http', port: 80, targetPort: 'http' });
  });

  test('sets the bounds of every autoscaler there is', () => {
    expect(patches.map(({ target }) => target.name).toSorted()).toEqual(
      ofKind('HorizontalPodAutoscaler')
        .map(({ metadata }) => metadata.name)
        .toSorted(),
    );
    for (const { target, patch } of patches) {
      expect(target.kind).toBe('HorizontalPodAutoscaler');
      const [least, most] = parse(patch) as { op: string; path: string; value: number }[];
      expect([least?.path, most?.path]).toEqual(['/spec/minReplicas', '/spec/maxReplicas']);
      expect(most?.value).toBeGreaterThan(least?.value ?? Number.NaN);
    }
  });
});
