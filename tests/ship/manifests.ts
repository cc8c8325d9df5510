import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { ROOT } from './settings.ts';

/** One object of a manifest. */
export interface Document {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string>; readonly namespace?: string };
  readonly automountServiceAccountToken?: boolean;
  readonly data?: Record<string, string>;
  // Its shape is the kind's; each test states what it expects of it.
  readonly spec: any; // oxlint-disable-line typescript/no-explicit-any
}

export const OVERLAYS = ['staging', 'production', 'production-keda'] as const;
export type Overlay = (typeof OVERLAYS)[number];

/** The autoscalers' owner, by overlay. */
export const isKeda = (overlay: Overlay): boolean => overlay === 'production-keda';

/** Whether a kubectl is here that renders what the overlays use; a machine without one cannot deploy either. */
export const HAS_KUBECTL = ((): boolean => {
  try {
    return /Kustomize Version: v[5-9]/.test(execFileSync('kubectl', ['version', '--client'], { encoding: 'utf8' }));
  } catch {
    return false;
  }
})();

export interface Rendered {
  readonly all: readonly Document[];
  ofKind(kind: string): Document[];
  /** Throws where there is none. */
  named(kind: string, name: string): Document;
}

const known = new Map<Overlay, Rendered>();

/** What `kubectl kustomize` makes of an overlay, asked once. */
export function rendered(overlay: Overlay): Rendered {
  const found = known.get(overlay) ?? render(overlay);
  known.set(overlay, found);
  return found;
}

function render(overlay: Overlay): Rendered {
  const text = HAS_KUBECTL
    ? execFileSync('kubectl', ['kustomize', path.join(ROOT, 'k8s/overlays', overlay)], { encoding: 'utf8', maxBuffer: 2 ** 24 })
    : '';
  const all = parseAllDocuments(text).map((document) => document.toJS() as Document);
  const ofKind = (kind: string) => all.filter((document) => document.kind === kind);
  return {
    all,
    ofKind,
    named(kind, name) {
      const found = ofKind(kind).find(({ metadata }) => metadata.name === name);
      if (found === undefined) throw new Error(`${overlay} has no ${kind} ${name}`);
      return found;
    },
  };
}
