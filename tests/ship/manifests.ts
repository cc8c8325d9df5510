import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { ROOT } from './settings.ts';

/** One object of a manifest. */
export interface Document {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string>; readonly namespace?: string };
  readonly automountServiceAccountToken?: boolean;
  // Its shape is the kind's; each test states what it expects of it.
  readonly spec: any; // oxlint-disable-line typescript/no-explicit-any
}

/** Every object in the files of one folder below `k8s/`. */
export const documentsOf = (folder: string): Document[] =>
  globSync(`k8s/${folder}/*.yaml`, { cwd: ROOT })
    .filter((file) => path.basename(file) !== 'kustomization.yaml')
    .flatMap((file) =>
      parseAllDocuments(readFileSync(path.join(ROOT, file), 'utf8')).map((document) => document.toJS() as Document),
    );
