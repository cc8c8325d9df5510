import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { SERVICES } from '@techno/contracts';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { prometheusRule } from '../../deploy/prometheus/prometheus-rule.ts';
import { HAS_KUBECTL, isKeda, OVERLAYS, rendered } from './manifests.ts';
import { containerOf, mebibytes, podOf } from './pods.ts';
import { operatorEnv, refusal, ROOT, STARTABLE, unknownSettings } from './settings.ts';

const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const roleVariable = (service: string) => `DATABASE_PASSWORD_${service.replaceAll('-', '_').toUpperCase()}`;
const JOBS = { migrate: ['db', 'migrate'], streams: ['bus', 'apply'] };

let store: Record<string, string>;
beforeAll(async () => {
  store = {
    ...(await operatorEnv()),
    NATS_URL: 'nats://user:p@nats:4222',
    DATABASE_URL: 'postgres://u:p@postgres-rw:5432/techno',
  };
}, 60_000);

describe.skipIf(!HAS_KUBECTL).each(OVERLAYS)('%s', (overlay) => {
  const { all, ofKind, named } = rendered(overlay);
  const namespace = overlay === 'staging' ? 'techno-staging' : 'techno-production';
  const workloads = [...ofKind('Deployment'), ...ofKind('Job')].map((document) => [document.metadata.name, document] as const);
  const secrets = new Map(
    ofKind('ExternalSecret').map(({ spec }) => [
      spec.target.name as string,
      (spec.data as { secretKey: string }[]).map(({ secretKey }) => secretKey),
    ]),
  );

  test('is all in one restricted namespace of its own', () => {
    for (const { kind, metadata } of all) expect(kind === 'Namespace' ? metadata.name : metadata.namespace).toBe(namespace);
    for (const mode of ['enforce', 'audit', 'warn'])
      expect(named('Namespace', namespace).metadata.labels?.[`pod-security.kubernetes.io/${mode}`]).toBe('restricted');
  });

  describe('settings', () => {
    test('every service that can be started is deployed, from one image with a version', () => {
      const deployed = ofKind('Deployment').map(({ metadata }) => metadata.name);
      expect(deployed.toSorted()).toEqual(STARTABLE);
      for (const [, document] of workloads)
        expect(containerOf(document).image).toMatch(/\/techno-os(:\d+\.\d+\.\d+|@sha256:.+)$/);
    });

    test.each(STARTABLE)('%s knows its settings, and would start with them', { timeout: 60_000 }, async (service) => {
      const { env } = containerOf(named('Deployment', service));
      const names = env.map(({ name }) => name);
      expect(unknownSettings(service, names)).toEqual([]);
      const given = env.flatMap(({ name, value, valueFrom }) => {
        const optional = valueFrom?.secretKeyRef?.optional === true;
        const text = value ?? (optional ? undefined : store[valueFrom?.secretKeyRef?.key ?? '']);
        return text === undefined ? [] : [[name, text] as const];
      });
      expect(await refusal(service, Object.fromEntries(given))).toBe('');
    });

    test('a misspelt setting is found', () => {
      const { env } = containerOf(named('Deployment', 'gateway'));
      const misspelt = env.map(({ name }) => name.replace('SECRETS_KEY', 'SECRET_KEYS'));
      expect(unknownSettings('gateway', misspelt)).toEqual(['TECHNO_SECRET_KEYS']);
    });

    test.each(workloads)('%s: what is secret comes from a Secret that will exist, and from its own', (name, document) => {
      for (const { name: variable, value, valueFrom } of containerOf(document).env) {
        if (/URL|PASSWORD|PEPPER|KEY|TOKEN/.test(variable)) expect(value).toBeUndefined();
        if (valueFrom?.secretKeyRef === undefined) continue;
        const { name: secret, key, optional } = valueFrom.secretKeyRef;
        expect(secret).toBe(`techno-${name}`);
        expect(key).toBe(variable);
        if (optional !== true) expect(secrets.get(secret)).toContain(key);
      }
    });

    test('migrate makes a role for every service, and the bus knows a password for every user', () => {
      const names = containerOf(named('Job', 'migrate')).env.map(({ name }) => name);
      expect(names.toSorted()).toEqual(['DATABASE_URL', ...SERVICES.map(roleVariable)].toSorted());
      const references = [...read('k8s/data/nats-authorization.conf').matchAll(/\$(NATS_PASSWORD_\w+)/g)].map(
        ([, name = '']) => name,
      );
      expect(secrets.get('techno-nats')?.toSorted()).toEqual(references.toSorted());
    });

    test('only migrate signs in as the owner of the database, only streams as the operator of the bus', () => {
      for (const [name, document] of workloads) {
        const given = containerOf(document).env.map(({ name: variable }) => variable);
        expect(given.includes('NATS_URL')).toBe(name !== 'migrate');
        expect(given.includes('DATABASE_URL')).toBe(name !== 'streams');
      }
      for (const [name, [...words]] of Object.entries(JOBS))
        expect(containerOf(named('Job', name)).args).toEqual(['deploy/cli/main.ts', ...words]);
    });
  });

  describe('least privilege', () => {
    test.each([...workloads, ...ofKind('StatefulSet').map((document) => [document.metadata.name, document] as const)])(
      '%s is restricted',
      (name, document) => {
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
        for (const volume of pod.volumes) expect(volume).not.toHaveProperty('hostPath');
        for (const forbidden of ['hostNetwork', 'hostPID', 'hostIPC', 'initContainers'])
          expect(pod).not.toHaveProperty(forbidden);
        expect(pod.serviceAccountName).toBe(name);
        expect(pod.automountServiceAccountToken).toBe(false);
        expect(named('ServiceAccount', name).automountServiceAccountToken).toBe(false);
        const { requests, limits } = containerOf(document).resources;
        for (const resource of ['cpu', 'memory']) expect([requests[resource], limits[resource]]).not.toContain(undefined);
      },
    );

    test('nobody reaches anybody who is not named', () => {
      expect(named('NetworkPolicy', 'default-deny').spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
      const uses = (kind: string, name: string) => named(kind, name).spec.template.metadata.labels as Record<string, string>;
      for (const service of STARTABLE) expect(uses('Deployment', service)['techno.os/uses']).toBe('record-and-bus');
      expect(uses('Job', 'migrate')['techno.os/uses']).toBe('record');
      expect(uses('Job', 'streams')['techno.os/uses']).toBe('bus');
      const outside = STARTABLE.filter((service) => uses('Deployment', service)['techno.os/calls'] === 'outside');
      expect(outside).toEqual(['executor', 'notifier']);
      expect(named('NetworkPolicy', 'outside').spec.podSelector.matchLabels).toEqual({ 'techno.os/calls': 'outside' });
      const entered = ofKind('NetworkPolicy').filter(({ spec }) => spec.ingress !== undefined);
      expect(entered.map(({ metadata }) => metadata.name).toSorted()).toEqual([
        'gateway-from-ingress',
        'metrics',
        'nats',
        'postgres',
      ]);
      for (const { spec } of ofKind('NetworkPolicy')) {
        for (const { from } of (spec.ingress ?? []) as { from?: unknown[] }[]) expect(from?.length).toBeGreaterThan(0);
      }
    });

    test('the world comes in to the gateway only, with TLS, by the API and by webhooks', () => {
      const ingress = named('Ingress', 'gateway');
      expect(ofKind('Ingress')).toEqual([ingress]);
      const { rules, tls } = ingress.spec as {
        rules: { host: string; http: { paths: unknown[] } }[];
        tls: { hosts: string[] }[];
      };
      expect(tls[0]?.hosts).toEqual(rules.map(({ host }) => host));
      const backend = { service: { name: 'gateway', port: { name: 'http' } } };
      expect(rules[0]?.http.paths).toEqual([
        { path: '/v1/webhooks/', pathType: 'Prefix', backend },
        { path: '/', pathType: 'Prefix', backend },
      ]);
      expect(named('Service', 'gateway').spec.ports).toContainEqual({ name: 'http', port: 80, targetPort: 'http' });
      for (const { spec } of ofKind('Service')) expect(spec.type ?? 'ClusterIP').toBe('ClusterIP');
    });
  });

  describe('life of a pod', () => {
    test.each(STARTABLE)('%s is probed, drains in time and is spread', (service) => {
      const document = named('Deployment', service);
      const container = containerOf(document);
      expect(container.args).toEqual([`services/${service}/src/main.ts`]);
      expect(existsSync(path.join(ROOT, container.args[0] ?? ''))).toBe(true);
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

    test('each asks for the memory that the bench saw it use, and may have twice as much', () => {
      const used = [...read('bench/RESULTS.md').matchAll(/^\| ([\w-]+) +\|[^|]+\|[^|]+\| +(\d+) MiB \|$/gm)];
      const measured = new Map<string, number>(used.map(([, name = '', mebi]) => [name, Number(mebi)]));
      expect(measured.size).toBeGreaterThan(5);
      for (const service of STARTABLE) {
        const { requests, limits } = containerOf(named('Deployment', service)).resources;
        expect(mebibytes(requests['memory']), service).toBeGreaterThanOrEqual(measured.get(service) ?? 0);
        expect(mebibytes(limits['memory']), service).toBeGreaterThanOrEqual(2 * mebibytes(requests['memory']));
      }
    });
  });

  describe('scaling', () => {
    const FIXED = 'auditor';
    const scaled = STARTABLE.filter((service) => service !== FIXED);

    test.each(scaled.filter((service) => !isKeda(overlay) || service === 'gateway'))(
      '%s scales by CPU and, where it consumes, by lag',
      (service) => {
        const { spec } = named('HorizontalPodAutoscaler', service);
        expect(spec.scaleTargetRef).toEqual({ apiVersion: 'apps/v1', kind: 'Deployment', name: service });
        expect(named('Deployment', service).spec.replicas).toBeUndefined();
        expect(spec.maxReplicas).toBeGreaterThan(spec.minReplicas);
        expect(spec.behavior.scaleDown.stabilizationWindowSeconds).toBe(300);
        const [cpu, lag] = spec.metrics;
        expect(cpu.resource.name).toBe('cpu');
        if (service === 'gateway') expect(lag).toBeUndefined();
        else {
          const { metric, target } = lag.external;
          expect(metric.name).toBe('consumer_lag');
          expect(metric.selector.matchLabels).toMatchObject({ container: containerOf(named('Deployment', service)).name });
          expect(target).toEqual({ type: 'AverageValue', averageValue: '64' });
        }
      },
    );

    test('by KEDA instead: the same bounds and the same lag, and no second autoscaler', () => {
      const objects = ofKind('ScaledObject');
      if (!isKeda(overlay)) return expect(objects).toEqual([]);
      const production = rendered('production');
      expect(ofKind('HorizontalPodAutoscaler').map(({ metadata }) => metadata.name)).toEqual(['gateway']);
      expect(objects.map(({ metadata }) => metadata.name).toSorted()).toEqual(scaled.filter((name) => name !== 'gateway'));
      for (const { metadata, spec } of objects) {
        const { spec: autoscaler } = production.named('HorizontalPodAutoscaler', metadata.name);
        expect(spec.scaleTargetRef).toEqual(autoscaler.scaleTargetRef);
        expect([spec.minReplicaCount, spec.maxReplicaCount]).toEqual([autoscaler.minReplicas, autoscaler.maxReplicas]);
        const [cpu, lag] = spec.triggers;
        expect(cpu.metadata.value).toBe(String(autoscaler.metrics[0].resource.target.averageUtilization));
        expect(lag.metadata.threshold).toBe(autoscaler.metrics[1].external.target.averageValue);
        const labels = { namespace, ...autoscaler.metrics[1].external.metric.selector.matchLabels } as Record<string, string>;
        const matchers = ['namespace', 'container', 'consumer'].flatMap((name) =>
          labels[name] ? [`${name}="${labels[name]}"`] : [],
        );
        expect(lag.metadata.query).toBe(`sum(max by (stream, consumer) (consumer_lag{${matchers.join(', ')}}))`);
      }
    });

    test('the lag is a metric that the services have, and the adapter sums it as KEDA does', () => {
      expect(read('libs/telemetry/src/metrics/consumers.ts')).toContain("'consumer_lag'");
      expect(named('PodMonitor', 'techno-os').spec.podMetricsEndpoints).toMatchObject([{ port: 'ops', path: '/metrics' }]);
      const { rules } = parse(read('k8s/monitoring/prometheus-adapter.yaml')) as {
        rules: { external: Record<string, unknown>[] };
      };
      expect(rules.external).toMatchObject([
        {
          name: { as: 'consumer_lag' },
          metricsQuery: 'sum(max by (stream, consumer) (consumer_lag{<<.LabelMatchers>>}))',
        },
      ]);
    });

    test('the rules find every process under the labels they go by, and are those of every other installation', async () => {
      const [endpoint] = named('PodMonitor', 'techno-os').spec.podMetricsEndpoints;
      const label = '__meta_kubernetes_pod_label_app_kubernetes_io_name';
      expect(endpoint.relabelings).toEqual([
        { targetLabel: 'job', replacement: 'techno' },
        { sourceLabels: [label], targetLabel: 'service' },
      ]);
      const { matchLabels } = named('PodMonitor', 'techno-os').spec.selector;
      const watched = ofKind('Deployment').map(({ spec }) => spec.template.metadata.labels as Record<string, string>);
      expect(new Set(watched.map((labels) => labels['app.kubernetes.io/name']))).toEqual(new Set(SERVICES));
      for (const labels of watched) expect(labels).toMatchObject(matchLabels);
      await expect(prometheusRule()).toMatchFileSnapshot(path.join(ROOT, 'k8s/base/alerts.yaml'));
      const groupsOf = (file: string) => (parse(read(file)) as { groups: { name: string }[] }).groups;
      const groups = globSync('deploy/prometheus/rules/*.yml', { cwd: ROOT }).toSorted().flatMap(groupsOf);
      expect(named('PrometheusRule', 'techno-os').spec.groups).toEqual(groups);
    });

    test('one auditor works and one stands by', () => {
      expect(named('Deployment', FIXED).spec.replicas).toBe(2);
      const autoscalers = [...ofKind('HorizontalPodAutoscaler'), ...ofKind('ScaledObject')];
      expect(autoscalers.map(({ metadata }) => metadata.name)).not.toContain(FIXED);
    });
  });

  describe('what it stands on', () => {
    test('three NATS servers in three zones hold every stream, and two are always there', () => {
      const nats = named('StatefulSet', 'nats');
      expect(nats.spec.replicas).toBe(3);
      for (const { whenUnsatisfiable } of podOf(nats).topologySpreadConstraints) expect(whenUnsatisfiable).toBe('DoNotSchedule');
      expect(named('PodDisruptionBudget', 'nats').spec).toMatchObject({ maxUnavailable: 1 });
      expect(nats.spec.volumeClaimTemplates).toHaveLength(1);
      for (const [name, document] of workloads.filter(([name]) => name !== 'migrate')) {
        const replicas = containerOf(document).env.find((variable) => variable.name === 'TECHNO_STREAM_REPLICAS')?.value;
        expect(replicas, name).toBe('3');
      }
      const conf = ofKind('ConfigMap').find(({ metadata }) => metadata.name.startsWith('nats-conf-'));
      expect(conf?.data?.['nats-authorization.conf']).toBe(read('k8s/data/nats-authorization.conf'));
      expect(conf?.data?.['nats.conf']).toContain('include ./nats-authorization.conf');
      expect(nats.spec.template.spec.volumes).toContainEqual({ name: 'conf', configMap: { name: conf?.metadata.name } });
    });

    test('NATS is configured as in compose, but for where it is', () => {
      const setting = (file: string, name: string) => new RegExp(`^\\s*${name}: (.+)$`, 'm').exec(read(file))?.[1];
      for (const name of ['port', 'http', 'max_payload', 'sync_interval', 'max_file_store', 'max_memory_store'])
        expect(setting('k8s/data/nats.conf', name), name).toBe(setting('deploy/docker/nats.conf', name));
    });

    test('three PostgreSQL servers; a commit is on two of them before it is answered; backups are kept', () => {
      const { spec } = named('Cluster', 'postgres');
      expect(spec.instances).toBe(3);
      expect(spec.postgresql.synchronous).toEqual({ method: 'any', number: 1 });
      expect(spec.affinity).toMatchObject({ enablePodAntiAffinity: true, podAntiAffinityType: 'required' });
      expect(spec.enableSuperuserAccess).toBe(false);
      expect(spec.managed.roles).toMatchObject([{ name: spec.bootstrap.initdb.owner, createrole: true }]);
      expect(spec.backup.retentionPolicy).toBeDefined();
      expect(named('ScheduledBackup', 'postgres-nightly').spec.cluster.name).toBe('postgres');
    });

    test('PostgreSQL has a connection for everyone, with as many replicas as there may ever be', () => {
      const most = (service: string): number =>
        ofKind('HorizontalPodAutoscaler').find(({ metadata }) => metadata.name === service)?.spec.maxReplicas ??
        ofKind('ScaledObject').find(({ metadata }) => metadata.name === service)?.spec.maxReplicaCount ??
        named('Deployment', service).spec.replicas;
      const pool = Number(/poolSize = (\d+)/.exec(read('libs/storage/src/database.ts'))?.[1]);
      const orm = Number(/pool: \{ min: 0, max: (\d+) \}/.exec(read('libs/storage/src/orm.ts'))?.[1]);
      const needed = STARTABLE.reduce((sum, service) => {
        const own = Number(/poolSize: (\d+)/.exec(read(`services/${service}/src/main.ts`))?.[1] ?? pool);
        return sum + (most(service) + 1) * (own + orm);
      }, 0);
      expect(needed).toBeGreaterThan(0);
      expect(Number(named('Cluster', 'postgres').spec.postgresql.parameters.max_connections)).toBeGreaterThanOrEqual(needed + 20);
    });

    test('every Secret that is asked for will exist', () => {
      const references =
        /"(?:secretKeyRef|secretRef|secret|passwordSecret|accessKeyId|secretAccessKey)":\{[^}]*?"name":"([^"]+)"/g;
      const asked = new Set([...JSON.stringify(all).matchAll(references)].map(([, name = '']) => name));
      // Whoever has no upstream with a secret has none to give.
      asked.delete('techno-executor-upstream');
      expect(asked.size).toBeGreaterThan(10);
      expect([...asked].filter((name) => !secrets.has(name))).toEqual([]);
    });
  });
});

test.each(['base', 'data'])('k8s/%s takes in each of its files', (folder) => {
  const files = globSync(`k8s/${folder}/*.yaml`, { cwd: ROOT }).map((file) => path.basename(file));
  const { resources } = parse(read(`k8s/${folder}/kustomization.yaml`)) as { resources: string[] };
  expect([...resources, 'kustomization.yaml'].toSorted()).toEqual(files.toSorted());
});
