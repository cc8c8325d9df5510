import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { GENERATED, generated } from '../../deploy/grafana/generate.ts';
import { METRICS, seriesNames } from '../../deploy/runbooks/obs-contract/contract.ts';
import { isPromql, selectorsOf } from '../../deploy/runbooks/obs-contract/promql.ts';
import { queriesOfDashboards } from '../../deploy/runbooks/obs-contract/queries.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const read = (file: string): unknown => parse(readFileSync(path.join(ROOT, file), 'utf8'));
const files = generated();

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly datasource: { readonly uid: string }; readonly exemplar?: boolean }[];
}
const dashboards = [...files].map(([file, text]) => ({
  file,
  ...(JSON.parse(text) as { uid: string; title: string; editable: boolean; panels: Panel[] }),
}));

describe('the generated dashboards', () => {
  it('are what the source makes (npm run dashboards)', () => {
    expect(readdirSync(GENERATED).toSorted()).toEqual([...files.keys()].toSorted());
    for (const [file, text] of files) expect(readFileSync(path.join(GENERATED, file), 'utf8'), file).toBe(text);
  });

  it('are those that were asked for, each with an address of its own', () => {
    expect([...files.keys()].toSorted()).toEqual(
      ['dead-letters', 'executors', 'gates', 'nats', 'notifier', 'overview', 'runtime', 'scheduler'].map(
        (name) => `${name}.json`,
      ),
    );
    expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length);
  });

  it.each(dashboards)(
    '$title: numbered panels that say what they mean, over datasources that are provisioned',
    ({ panels, editable }) => {
      const { datasources } = read('deploy/grafana/provisioning/datasources/techno.yaml') as { datasources: { uid: string }[] };
      const known = datasources.map(({ uid }) => uid);
      expect(editable).toBe(false);
      expect(panels.map(({ id }) => id)).toEqual(panels.map((_, index) => index + 1));
      for (const { type, title, description, datasource, targets = [] } of panels.filter((panel) => panel.type !== 'row')) {
        expect(description, `${type} ${title}`).toMatch(/\w{2}/);
        expect(known).toContain(datasource?.uid);
        expect(targets.length, title).toBeGreaterThan(0);
        for (const target of targets) expect(known).toContain(target.datasource.uid);
      }
    },
  );

  it('lead from a latency to its trace: exemplars, and links to Jaeger', () => {
    expect(dashboards.flatMap(({ panels }) => panels.flatMap(({ targets = [] }) => targets)).some((one) => one.exemplar)).toBe(
      true,
    );
    for (const [file, text] of files) expect(text, file).toContain('techno-jaeger');
    const { datasources } = read('deploy/grafana/provisioning/datasources/techno.yaml') as {
      datasources: { type: string; jsonData: { exemplarTraceIdDestinations?: { name: string; datasourceUid: string }[] } }[];
    };
    expect(datasources.find(({ type }) => type === 'prometheus')?.jsonData.exemplarTraceIdDestinations).toMatchObject([
      { name: 'trace_id', datasourceUid: 'techno-jaeger' },
    ]);
  });
});

describe('their queries', () => {
  const declared = new Set([...Object.entries(METRICS).flatMap(([name, metric]) => seriesNames(name, metric)), 'up']);
  it.each(queriesOfDashboards(GENERATED))('$where: $query', ({ query }) => {
    expect(isPromql(query)).toBe(true);
    for (const { metric } of selectorsOf(query)) expect(declared).toContain(metric);
  });
});

describe('who looks signs in', () => {
  const { services } = read('docker-compose.yml') as {
    services: Record<string, { environment: Record<string, string>; volumes: string[] }>;
  };
  const grafana = services['grafana'];

  it('nobody is let in without a name, and nobody makes one', () => {
    expect(grafana?.environment).toMatchObject({
      GF_AUTH_ANONYMOUS_ENABLED: 'false',
      GF_USERS_ALLOW_SIGN_UP: 'false',
      GF_SECURITY_ADMIN_PASSWORD: expect.stringMatching(/^\$\{\w+:\?/),
    });
  });

  it('and finds what is provisioned where it is mounted', () => {
    const { providers } = read('deploy/grafana/provisioning/dashboards/techno.yaml') as {
      providers: { allowUiUpdates: boolean; options: { path: string } }[];
    };
    expect(providers).toMatchObject([{ allowUiUpdates: false }]);
    expect(grafana?.volumes).toContain(`./deploy/grafana/generated:${providers[0]?.options.path}:ro`);
    expect(grafana?.volumes).toContain('./deploy/grafana/provisioning:/etc/grafana/provisioning:ro');
  });
});
