import { globSync } from 'node:fs';
import path from 'node:path';
import { SERVICES } from '@techno/contracts';
import { describe, expect, it } from 'vitest';
import { instancesOf, STARTED } from '../../deploy/launcher/services.ts';
import { targetsOf } from '../../deploy/prometheus/targets.ts';
import { missing, output } from './programs.ts';
import { alerts, read, ROOT, RULE_FILES, rules, ruleTests, TEST_FILES } from './rule-files.ts';

/** What an operator was promised to be told. */
const PROMISED = [
  'AuditBehind',
  'BackendDown',
  'BreakerOpen',
  'ConsumerLag',
  'DatabaseSlowQueries',
  'DeadLetterAge',
  'DeadLettersPending',
  'GateErrors',
  'HealthcheckFailing',
  'HighErrorRate',
  'HighLatencyP95',
  'HighRequestVolume',
  'JobMissed',
  'LLMLatency',
  'NotificationChannelFailing',
  'StreamNearlyFull',
  'SweeperBehind',
  'WhatsAppNotificationFailures',
];
const ALERTS = alerts().map((rule): [string, typeof rule] => [rule.alert, rule]);
const TESTS = ruleTests();
const at = (files: readonly string[]) => files.map((file) => path.join(ROOT, file));

describe('every alert', () => {
  it('that was promised is there, each name once', () => {
    const names = ALERTS.map(([name]) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(PROMISED));
  });

  it.each(ALERTS)('%s says how urgent it is, what it means and what to do', (name, { labels, annotations = {} }) => {
    expect(['critical', 'warning', 'info']).toContain(labels?.['severity']);
    for (const part of ['summary', 'impact', 'action']) expect(annotations[part]?.length).toBeGreaterThan(5);
    expect(annotations['runbook_url']).toBe(`docs/runbooks/${name}.md`);
  });

  it.each(ALERTS)('%s is tested to fire and to stay quiet, each on figures', (name) => {
    const tests = TESTS.flatMap(({ input_series, alert_rule_test }) =>
      alert_rule_test.filter(({ alertname }) => alertname === name).map(({ exp_alerts }) => ({ input_series, exp_alerts })),
    );
    const firing = tests.filter(({ exp_alerts }) => exp_alerts.length > 0);
    const quiet = TESTS.filter(
      ({ alert_rule_test }) =>
        alert_rule_test.length > 0 &&
        alert_rule_test.every(({ alertname, exp_alerts }) => alertname === name && exp_alerts.length === 0),
    );
    expect(firing.length).toBeGreaterThan(0);
    expect(quiet.length).toBeGreaterThan(0);
    for (const { input_series } of [...firing, ...quiet]) expect(input_series.length).toBeGreaterThan(0);
  });
});

describe('runbook pages', () => {
  const pages = globSync('docs/runbooks/*.md', { cwd: ROOT }).map((file) => path.basename(file, '.md'));

  it('that are named as alerts are, besides the one that introduces them, those of the alerts', () => {
    expect(pages.filter((page) => /^[A-Z]/.test(page) && page !== 'README').toSorted()).toEqual(
      ALERTS.map(([name]) => name).toSorted(),
    );
  });

  it.each(ALERTS)('%s says what it means, what to look at and what to do', (name) => {
    const page = read(`docs/runbooks/${name}.md`);
    expect(page).toMatch(new RegExp(`^# ${name}\n`));
    for (const part of ['## What it means', '## What to look at', '## What to do']) expect(page).toContain(`\n${part}\n`);
  });

  it('name only alerts that there are', () => {
    const known = new Set(pages);
    for (const page of pages)
      for (const [, link = ''] of read(`docs/runbooks/${page}.md`).matchAll(/\]\(([A-Za-z0-9]+)\.md\)/g))
        expect(known).toContain(link);
  });
});

describe('targets', () => {
  const services = (groups: readonly { labels?: Readonly<Record<string, string>> | undefined }[]) =>
    new Set(groups.map(({ labels }) => labels?.['service']));

  it('of the embedded stack are all its processes, replicas too', () => {
    const processes = instancesOf(STARTED, new Map([['executor', 3]])).map(({ spec }, index) => ({
      service: spec.name,
      ops: `http://127.0.0.1:${9_000 + index}`,
    }));
    const files = targetsOf({ processes }, { prometheus: '127.0.0.1:1', alertmanager: '127.0.0.1:2' });
    expect(services(files['services.json'])).toEqual(new Set(SERVICES));
    expect(files['services.json'].flatMap(({ targets }) => targets)).toHaveLength(processes.length);
    expect(files['alertmanagers.json']).toEqual([{ targets: ['127.0.0.1:2'] }]);
  });

  it('of Compose are all services, by their names', () => {
    const groups = JSON.parse(read('deploy/prometheus/targets/services.json')) as {
      targets: string[];
      labels: Record<string, string>;
    }[];
    expect(services(groups)).toEqual(new Set(SERVICES));
    for (const { targets, labels } of groups) expect(targets).toEqual([`${labels['service']}:9100`]);
  });

  it('of which none is known are noticed, for every service', () => {
    const down = ALERTS.find(([name]) => name === 'BackendDown')?.[1].expr ?? '';
    const absent = [...down.matchAll(/absent\(up\{job="techno", service="([a-z-]+)"\}\)/g)].map(([, service]) => service);
    expect(new Set(absent)).toEqual(new Set(SERVICES));
  });
});

it('every recorded series that a rule uses is recorded', () => {
  const recorded = new Set(rules().map(({ record }) => record));
  const used = rules().flatMap(({ expr }) => [...expr.matchAll(/\b[a-z]+:[a-z0-9_]+:[a-z0-9_]+\b/g)].map(([name]) => name));
  expect(used.length).toBeGreaterThan(30);
  expect(used.filter((name) => !recorded.has(name))).toEqual([]);
});

const reason = missing('promtool');
describe.skipIf(reason !== '')(`promtool${reason && ` (${reason})`}`, () => {
  it('takes the configuration, with every file that it names', { timeout: 60_000 }, async () => {
    const { ok, text } = await output('promtool', ['check', 'config', path.join(ROOT, 'deploy/prometheus/prometheus.yml')]);
    expect(text).toContain(`${RULE_FILES.length} rule files found`);
    expect({ ok, text }).toMatchObject({ ok: true });
  });

  it('finds every rule to be good', { timeout: 60_000 }, async () => {
    const { ok, text } = await output('promtool', ['check', 'rules', '--lint=all', '--lint-fatal', ...at(RULE_FILES)]);
    expect({ ok, text }).toMatchObject({ ok: true });
  });

  it('sees each alert fire when it should and stay quiet when it should', { timeout: 180_000 }, async () => {
    const { ok, text } = await output('promtool', ['test', 'rules', ...at(TEST_FILES)]);
    expect(ok ? '' : text).toBe('');
    expect(text.match(/SUCCESS/g)).toHaveLength(TEST_FILES.length);
  });
});
