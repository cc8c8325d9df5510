import type { Document } from './manifests.ts';

export interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string; readonly optional?: boolean } };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: string[];
  readonly env: Variable[];
  readonly ports?: { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: unknown;
  readonly resources: { readonly requests: Record<string, string>; readonly limits: Record<string, string> };
  readonly startupProbe?: { readonly httpGet: unknown };
  readonly livenessProbe?: { readonly httpGet: unknown };
  readonly readinessProbe?: { readonly httpGet: unknown };
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
}

export interface Pod {
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: unknown;
  readonly containers: Container[];
  readonly volumes: Record<string, unknown>[];
  readonly terminationGracePeriodSeconds: number;
  readonly topologySpreadConstraints: { readonly topologyKey: string; readonly whenUnsatisfiable: string }[];
}

export const podOf = (document: Document): Pod => document.spec.template.spec as Pod;
export const containerOf = (document: Document): Container => podOf(document).containers[0] as Container;

/** Mebibytes of `256Mi` and `4Gi`. */
export function mebibytes(quantity = ''): number {
  const [, number = 'NaN', unit] = /^(\d+)(Mi|Gi)$/.exec(quantity) ?? [];
  return Number(number) * (unit === 'Gi' ? 1024 : 1);
}
