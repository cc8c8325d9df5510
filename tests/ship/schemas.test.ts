import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1/Ingress';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { describe, expect, test } from 'vitest';
import { documentsOf } from './manifests.ts';

/** The schemas of Kubernetes itself. They check what is there; a field that they do not know passes. */
const MODELS = {
  Deployment,
  HorizontalPodAutoscaler,
  Ingress,
  Job,
  Namespace,
  NetworkPolicy,
  PodDisruptionBudget,
  Service,
  ServiceAccount,
} as unknown as Readonly<Record<string, new (data: object) => { apiVersion: string; validate(): void }>>;

/** Of operators, which bring their own schemas. */
const FOREIGN = ['ExternalSecret', 'PodMonitor'];

describe.each(['base', 'overlays/staging', 'overlays/production'])('k8s/%s', (folder) => {
  const documents = documentsOf(folder).filter(({ kind }) => !FOREIGN.includes(kind));

  test.each(documents.map((document) => [document.kind, document.metadata.name, document] as const))(
    '%s %s is one',
    (kind, _name, document) => {
      const Model = MODELS[kind];
      if (Model === undefined) throw new Error(`add the schema of ${kind}`);
      expect(document.apiVersion).toBe(new Model({}).apiVersion);
      expect(() => new Model(document).validate()).not.toThrow();
    },
  );
});

test('what is none is refused', () => {
  const [document] = documentsOf('base').filter(({ kind }) => kind === 'Deployment');
  const broken = { ...document, spec: { ...document?.spec, replicas: 'two' } };
  expect(() => new Deployment(broken as ConstructorParameters<typeof Deployment>[0]).validate()).toThrow(
    'data/spec/replicas must be integer',
  );
});
