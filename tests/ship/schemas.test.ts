import { ExternalSecret } from '@kubernetes-models/external-secrets/external-secrets.io/v1/ExternalSecret';
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import { PodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor';
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1/Ingress';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { describe, expect, test } from 'vitest';
import { HAS_KUBECTL, OVERLAYS, rendered } from './manifests.ts';

/** The schemas of Kubernetes, and of the operators that have theirs on npm. A field that they do not know passes. */
const MODELS = {
  ConfigMap,
  Deployment,
  ExternalSecret,
  HorizontalPodAutoscaler,
  Ingress,
  Job,
  Namespace,
  NetworkPolicy,
  PodDisruptionBudget,
  PodMonitor,
  PrometheusRule,
  ScaledObject,
  Service,
  ServiceAccount,
  StatefulSet,
} as unknown as Readonly<Record<string, new (data: object) => { apiVersion: string; validate(): void }>>;

/** Of CloudNativePG, whose schemas no package has (docs/DEPLOY.md says how they were held against them). */
const WITHOUT_SCHEMA = ['Cluster', 'ScheduledBackup'];

describe.skipIf(!HAS_KUBECTL).each(OVERLAYS)('%s', (overlay) => {
  const documents = rendered(overlay).all;

  test.each(
    documents
      .filter(({ kind }) => !WITHOUT_SCHEMA.includes(kind))
      .map((document) => [document.kind, document.metadata.name, document] as const),
  )('%s %s is one', (kind, _name, document) => {
    const Model = MODELS[kind];
    if (Model === undefined) throw new Error(`add the schema of ${kind}`);
    expect(document.apiVersion).toBe(new Model({}).apiVersion);
    expect(() => new Model(document).validate()).not.toThrow();
  });

  test('what has no schema here is of a version that is named', () => {
    for (const { kind, apiVersion } of documents.filter((document) => WITHOUT_SCHEMA.includes(document.kind)))
      expect([kind, apiVersion]).toEqual([kind, 'postgresql.cnpg.io/v1']);
  });
});

describe.skipIf(!HAS_KUBECTL)('what is none is refused', () => {
  const broken = (kind: string, change: object) => {
    const document = rendered('production-keda').all.find((one) => one.kind === kind);
    return { ...document, spec: { ...document?.spec, ...change } };
  };

  test.each([
    ['Deployment', { replicas: 'two' }, 'data/spec/replicas must be integer'],
    ['ScaledObject', { triggers: 'lag' }, 'data/spec/triggers must be array'],
    ['ExternalSecret', { data: {} }, 'data/spec/data must be array'],
    ['StatefulSet', { serviceName: 1 }, 'data/spec/serviceName must be string'],
  ])('%s with %j', (kind, change, problem) => {
    const Model = MODELS[kind];
    if (Model === undefined) throw new Error(kind);
    expect(() => new Model(broken(kind, change)).validate()).toThrow(problem);
  });
});
