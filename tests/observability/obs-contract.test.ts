import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ReceivedSpan } from '@techno/embedded';
import { describe, expect, it } from 'vitest';
import { justRevived } from '../../deploy/runbooks/obs-contract/checks/health.ts';
import { METRICS } from '../../deploy/runbooks/obs-contract/contract.ts';
import { parseExposition } from '../../deploy/runbooks/obs-contract/exposition.ts';
import { isPromql, selectorsOf, sidesOf } from '../../deploy/runbooks/obs-contract/promql.ts';
import { missingSettings, type SettingName, SETTINGS, settingsOf } from '../../deploy/runbooks/obs-contract/settings.ts';
import { drawn, type ExpectedSpan, traceFaults } from '../../deploy/runbooks/obs-contract/traces.ts';
import { PLANTS } from '../../deploy/runbooks/obs-contract/world/plants.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const README = readFileSync(path.join(ROOT, 'deploy/runbooks/obs-contract/README.md'), 'utf8');

describe('settings', () => {
  it('are documented, each with what holds in either mode', () => {
    for (const [name, { says, dev, staging }] of Object.entries(SETTINGS))
      expect(README).toContain(`| \`${name}\` | ${says} | ${dev} | ${staging} |`);
    for (const [name, says] of Object.entries(PLANTS)) expect(README).toContain(`| \`${name}\` | ${says} |`);
  });

  it('of dev need nothing; staging names everything it needs and was not given', () => {
    expect(missingSettings(settingsOf('dev', {}))).toEqual([]);
    const missing = missingSettings(settingsOf('staging', { OBS_GATEWAY_URL: 'http://gateway', OBS_LOGS: '' }));
    expect(missing).toContain('OBS_PROMETHEUS_URL' satisfies SettingName);
    expect(missing).toContain('OBS_LOGS' satisfies SettingName);
    expect(missing).not.toContain('OBS_GATEWAY_URL' satisfies SettingName);
  });
});

describe('what a query asks for', () => {
  it.each([
    ['sum by (status) (rate(a_total{x="1"}[1m]))', ['a_total']],
    ['histogram_quantile(0.95, sum by (le) (rate(b_bucket[5m] offset 10m)))', ['b_bucket']],
    ['(a or b * 0) / a', ['a', 'b']],
    ['up{job="t"} == 0 or absent(up{job="t", service="g"})', ['up', 'up']],
  ])('%s', (query, metrics) => expect(selectorsOf(query).map(({ metric }) => metric)).toEqual(metrics));

  it.each(['rate(a[5m]', 'sum by a', 'a >', ''])('%j is not PromQL', (query) => expect(isPromql(query)).toBe(false));
});

describe('what has to have a value for an alert to fire', () => {
  it.each([
    ['a > 1', ['a']],
    ['a > 1 and on (route) b > 0.1', ['a', 'b']],
    ['sum(rate(a[1m])) / sum(rate(b[1m])) > 0.05', ['sum(rate(a[1m])) / sum(rate(b[1m]))']],
    ['up == 0 or absent(up{service="g"})', ['up']],
    ['(a > 1) unless (b < 2 and c < 3)', ['a']],
    ['sum(a) == 0 and on (job) a offset 10m', ['sum(a)', 'a']],
    ['sum(a == bool 0)', ['sum(a == bool 0)']],
    ['a > bool 1', ['a > bool 1']],
  ])('%s', (query, sides) => expect(sidesOf(query)).toEqual(sides));
});

describe('the exposition of a process', () => {
  const text = [
    '# HELP a_total Things',
    '# TYPE a_total counter',
    'a_total{kind="x",note="say \\"hi\\""} 1',
    'a_total{kind="y",note=""} 2',
    '# TYPE b_seconds histogram',
    'b_seconds_bucket{le="1",route="/"} 1',
    'b_seconds_bucket{le="+Inf",route="/"} 1',
    'b_seconds_sum{route="/"} 0.5',
    'b_seconds_count{route="/"} 1',
    '# TYPE c gauge',
  ].join('\n');
  it('gives each metric with its type and the label sets of its series', () => {
    const metrics = parseExposition(text);
    expect(metrics.get('a_total')).toMatchObject({ type: 'counter', series: [{ kind: 'x' }, { kind: 'y', note: '' }] });
    expect(metrics.get('b_seconds')).toEqual({ type: 'histogram', series: [{ route: '/' }] });
    expect(metrics.get('c')).toEqual({ type: 'gauge', series: [] });
  });
});

describe('a trace', () => {
  const span = (spanId: string, parentSpanId: string | undefined, more: Partial<ReceivedSpan> = {}): ReceivedSpan => ({
    traceId: 'a'.repeat(32),
    spanId,
    parentSpanId,
    service: 'gateway',
    name: `span ${spanId}`,
    kind: 'internal',
    attributes: {},
    links: [],
    error: undefined,
    startMs: 0,
    durationMs: 1,
    ...more,
  });
  const wanted: ExpectedSpan = { service: 'executor', kind: 'consumer', name: 'span 2', attributes: { 'techno.action': 'echo' } };
  const child = span('2', '1', { service: 'executor', kind: 'consumer', attributes: { 'techno.action': 'echo' } });

  it('that is whole has no fault, and is drawn as the tree it is', () => {
    expect(traceFaults([span('1', undefined), child], [wanted])).toEqual([]);
    expect(drawn([child, span('1', undefined)])).toBe('gateway [internal] span 1 1.0 ms\n  executor [consumer] span 2 1.0 ms');
  });

  it.each<[string, ReceivedSpan[], string]>([
    ['never arrived', [], 'no span of it has arrived'],
    ['is torn', [span('1', undefined), { ...child, parentSpanId: '9' }], 'hangs below a span that is not there'],
    ['has two roots', [span('1', undefined), span('3', undefined), child], '2 roots instead of one'],
    ['lacks a hop', [span('1', undefined)], 'executor [consumer] span 2 is missing'],
    ['has another kind', [span('1', undefined), { ...child, kind: 'internal' }], 'executor [consumer] span 2 is missing'],
    ['has a wrong attribute', [span('1', undefined), { ...child, attributes: {} }], 'techno.action is missing, not "echo"'],
  ])('that %s has a fault that says so', (_, spans, fault) => expect(traceFaults(spans, [wanted]).join()).toContain(fault));

  it('that should have failed and did not is at fault', () =>
    expect(traceFaults([span('1', undefined), child], [{ ...wanted, fails: true }])).toEqual([
      'executor [consumer] span 2: it should have failed',
    ]));
});

it('the contract names services that expose what they show', () => {
  for (const [name, { by, series }] of Object.entries(METRICS)) for (const service of series) expect(by, name).toContain(service);
});

describe('a service that was just brought back', () => {
  const processes = (['gateway', 'gate-engine', 'gate-engine', 'auditor'] as const).map((service, index) => ({
    service,
    ops: `http://127.0.0.1:${index}`,
  }));
  const faults = (...startedAgo: number[]) =>
    justRevived(processes, new Map(startedAgo.map((ago, index) => [`http://127.0.0.1:${index}`, 1_000 - ago])), 1_000);

  it('is named, where the others are older than a minute', () => {
    expect(faults(300, 290, 290, 10)).toEqual(['auditor: it was started 10 s ago, 290 s after the others: it had stopped']);
    expect(faults(300, 290, 290, 61)).toEqual([]);
    // All are young, or one replica more was started.
    expect(faults(30, 20, 20, 10)).toEqual([]);
    expect(faults(300, 290, 10, 290)).toEqual([]);
  });
});
