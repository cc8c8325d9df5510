import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv/dist/2019.js';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { FAULTS } from '../chaos/faults/index.ts';
import { type Document, HAS_KUBECTL, rendered } from './manifests.ts';
import { podOf } from './pods.ts';
import { ROOT } from './settings.ts';

const FOLDER = path.join(ROOT, 'k8s/chaos');
const LABEL = 'techno.os/fault';

const experiments = HAS_KUBECTL
  ? parseAllDocuments(execFileSync('kubectl', ['kustomize', FOLDER], { encoding: 'utf8' })).map((one) => one.toJS() as Document)
  : [];
const faultOf = ({ metadata }: Document) => metadata.labels?.[LABEL] ?? '';
const named = experiments.map((one) => [one.metadata.name, one] as const);

/** The first column of the table below a heading of the README. */
function listed(heading: string): string[] {
  const text = readFileSync(path.join(FOLDER, 'README.md'), 'utf8');
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = '']) => name);
}

describe('every fault of tests/chaos', () => {
  test('is an experiment, or the README says why not', () => {
    const told = [...listed('What there is'), ...listed('What there is not')];
    expect(told.toSorted()).toEqual(FAULTS.map(({ name }) => name).toSorted());
  });

  test.skipIf(!HAS_KUBECTL)('that is said to be one can be chosen by its label, and no other', () => {
    expect([...new Set(experiments.map(faultOf))].toSorted()).toEqual(listed('What there is').toSorted());
  });

  test.skipIf(!HAS_KUBECTL)('is of the kind that the README names', () => {
    const text = readFileSync(path.join(FOLDER, 'README.md'), 'utf8');
    for (const one of experiments) expect(text).toContain(`| \`${faultOf(one)}\` | ${one.kind}`);
  });
});

interface Choice {
  readonly labelSelectors?: Readonly<Record<string, string>>;
  readonly expressionSelectors?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values: readonly string[];
  }[];
}

/** What can be met: the labels of each pod of staging and the names of its containers. */
function podsOf() {
  const { ofKind } = rendered('staging');
  const own = [...ofKind('Deployment'), ...ofKind('StatefulSet')].map((document) => ({
    labels: document.spec.template.metadata.labels as Record<string, string>,
    containers: podOf(document).containers.map(({ name }) => name),
  }));
  // CloudNativePG gives its pods these labels, and their container this name.
  const operated = ofKind('Cluster').map(({ metadata }) => ({
    labels: { 'cnpg.io/cluster': metadata.name, 'cnpg.io/instanceRole': 'primary' } as Record<string, string>,
    containers: ['postgres'],
  }));
  return [...own, ...operated];
}

function met({ labelSelectors = {}, expressionSelectors = [] }: Choice) {
  return podsOf().filter(
    ({ labels }) =>
      Object.entries(labelSelectors).every(([key, value]) => labels[key] === value) &&
      expressionSelectors.every(({ key, operator, values }) => operator === 'In' && values.includes(labels[key] ?? '')),
  );
}

/** Every service of the fault's name, or every value that is listed, has to be met: one that is misspelt meets nobody. */
describe.skipIf(!HAS_KUBECTL).each(named)('%s', (_name, experiment) => {
  const { spec } = experiment;

  test('is one by the schema of its kind', () => expect(complaints(experiment)).toEqual([]));

  test('meets pods that there are, and containers that they have', () => {
    for (const { selector } of [spec, ...(spec.target === undefined ? [] : [spec.target])] as { selector: Choice }[]) {
      expect(met(selector)).not.toEqual([]);
      for (const { key, values } of selector.expressionSelectors ?? [])
        for (const value of values) expect([key, value, allLabels().has(`${key}=${value}`)]).toEqual([key, value, true]);
    }
    for (const container of (spec.containerNames ?? []) as string[])
      for (const pod of met(spec.selector as Choice)) expect(pod.containers).toContain(container);
  });

  test('ends by itself, or happens once', () => {
    if (experiment.kind === 'PodChaos') expect(spec.action).toMatch(/-kill$/);
    else expect(spec.duration).toMatch(/^\d+s$/);
  });
});

/** Jobs as well: they use the record and the bus before anybody else does. */
function allLabels(): Set<string> {
  const jobs = rendered('staging')
    .ofKind('Job')
    .map(({ spec }) => ({ labels: spec.template.metadata.labels as Record<string, string> }));
  return new Set([...podsOf(), ...jobs].flatMap(({ labels }) => Object.entries(labels).map((pair) => pair.join('='))));
}

describe('what is none is refused', () => {
  const sound = {
    apiVersion: 'chaos-mesh.org/v1alpha1',
    kind: 'NetworkChaos',
    metadata: { name: 'x' },
    spec: { action: 'loss', mode: 'all', selector: {}, loss: { loss: '100' } },
  };
  test.each([
    ['an action that there is not', { action: 'lose' }],
    ['a field that there is not', { lost: true }],
    ['a number for a text', { loss: { loss: 100 } }],
  ])('%s', (_, change) => {
    expect(complaints(sound)).toEqual([]);
    expect(complaints({ ...sound, spec: { ...sound.spec, ...change } })).not.toEqual([]);
  });
});

function complaints(document: Pick<Document, 'kind' | 'spec'>): string[] {
  const file = path.join(import.meta.dirname, 'chaos-mesh', `${document.kind}.json`);
  const ajv = new Ajv.default({ strict: false, allErrors: true, validateFormats: false });
  const validate = ajv.compile(closed(JSON.parse(readFileSync(file, 'utf8'))) as object);
  validate(document);
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** As the API server does with `fieldValidation: Strict`: a field that the schema does not know is a mistake. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inside = Object.fromEntries(Object.entries(schema).map(([name, one]) => [name, closed(one)]));
  return 'properties' in inside && !('additionalProperties' in inside) ? { ...inside, additionalProperties: false } : inside;
}
