import { notificationRequest } from '@techno/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alertNotification } from './alerts.ts';

const STARTED = '2026-01-02T03:04:05.678Z';
let count = 0;

const alert = (more: object = {}, annotations: object = {}) => ({
  status: 'firing',
  labels: { alertname: 'BackendDown', service: 'executor', severity: 'critical' },
  annotations: {
    summary: 'executor does not answer',
    impact: 'Nothing is executed.',
    action: 'Start it.',
    runbook_url: 'docs/runbooks/BackendDown.md',
    ...annotations,
  },
  startsAt: STARTED,
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus/graph',
  fingerprint: `f${++count}`,
  ...more,
});
/** As version 4 of the webhook sends it. */
const report = (alerts: object[], more: object = {}) => ({
  version: '4',
  groupKey: '{}:{alertname="BackendDown"}',
  truncatedAlerts: 0,
  status: 'firing',
  receiver: 'critical',
  groupLabels: {},
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://alertmanager',
  alerts,
  ...more,
});
const told = (alerts: object[], more: object = {}) => alertNotification(report(alerts, more), ['on-call']);
const keyOf = (alerts: object[], more: object = {}) => told(alerts, more).dedupe?.key;

describe('what is told', () => {
  it('of one alert is what it means and what to do', () => {
    const { text, severity, recipients } = told([alert()]);
    expect(recipients).toEqual(['on-call']);
    expect(severity).toBe('critical');
    expect(text?.subject).toBe('FIRING critical BackendDown: executor does not answer');
    expect(text?.body).toBe(
      [
        `FIRING executor does not answer (since ${STARTED})`,
        '',
        'Impact: Nothing is executed.',
        'Action: Start it.',
        'Runbook: docs/runbooks/BackendDown.md',
      ].join('\n'),
    );
  });

  it('of many is a line each, firing first, and what to do once', () => {
    const { text } = told([alert({ status: 'resolved' }, { summary: 'gateway does not answer' }), alert()]);
    expect(text?.subject).toBe('FIRING critical BackendDown (1 firing, 1 resolved)');
    expect(text?.body.split('\n').slice(0, 2)).toEqual([
      `FIRING executor does not answer (since ${STARTED})`,
      `RESOLVED gateway does not answer (since ${STARTED})`,
    ]);
    expect(text?.body.match(/Action: Start it\./g)).toHaveLength(1);
  });

  it('of very many says how many more there are', () => {
    const { text } = told(
      Array.from({ length: 14 }, () => alert()),
      { truncatedAlerts: 30 },
    );
    expect(text?.body).toContain('and 34 more');
  });

  it('of a resolved one says so', () => {
    const { text, severity } = told([alert({ status: 'resolved' })], { status: 'resolved' });
    expect(text?.subject).toBe('RESOLVED critical BackendDown: executor does not answer');
    expect(severity).toBe('normal');
  });

  it('without any annotation is its name', () => {
    const { text } = told([alert({ annotations: {} })]);
    expect(text?.body).toBe(`FIRING BackendDown (since ${STARTED})`);
  });
});

describe('severity', () => {
  it.each([
    ['critical', 'critical'],
    ['warning', 'high'],
    ['info', 'normal'],
    ['page', 'normal'],
  ])('%s is told as %s', (severity, expected) => {
    expect(told([alert({ labels: { alertname: 'A', severity } })]).severity).toBe(expected);
  });

  it('is that of the most urgent that fires', () => {
    const labelled = (severity: string, status = 'firing') => alert({ status, labels: { alertname: 'A', severity } });
    expect(told([labelled('info'), labelled('warning'), labelled('info')]).severity).toBe('high');
    expect(told([labelled('critical', 'resolved'), labelled('info')]).severity).toBe('normal');
  });
});

describe('the key of what is told once', () => {
  const one = alert();

  it('is the same for the same alerts in the same state, in any order and from any Alertmanager', () => {
    const two = alert();
    expect(keyOf([one, two])).toBe(keyOf([two, one], { externalURL: 'http://other', receiver: 'other', groupKey: 'other' }));
    expect(keyOf([one])).toBe(keyOf([{ ...one, endsAt: '2027-01-01T00:00:00Z', annotations: { summary: 'in other words' } }]));
  });

  it.each([
    ['another start', { startsAt: '2026-01-02T04:00:00Z' }],
    ['another state', { status: 'resolved' }],
    ['another alert', { fingerprint: 'other' }],
  ])('is another with %s', (_name, more) => {
    expect(keyOf([{ ...one, ...more }])).not.toBe(keyOf([one]));
  });

  it('is another with one alert more', () => {
    expect(keyOf([one, alert()])).not.toBe(keyOf([one]));
  });
});

it.each(['toString', 'constructor', '__proto__', 'nobody knows it'])('a severity %s is told as any other', (severity) => {
  expect(told([alert({ labels: { alertname: 'Odd', severity } })]).severity).toBe('normal');
});

it('whatever stands in labels and annotations, it is a notification that every channel bears', () => {
  const any = fc.string({ unit: 'binary', maxLength: 2_000 });
  const anyAlert = fc.record({
    status: fc.constantFrom('firing', 'resolved'),
    labels: fc.dictionary(fc.constantFrom('alertname', 'severity', 'service'), any),
    annotations: fc.dictionary(fc.constantFrom('summary', 'impact', 'action', 'runbook_url'), any),
    startsAt: fc.oneof(fc.constant(STARTED), any.filter(Boolean)),
    fingerprint: any.filter(Boolean),
  });
  fc.assert(
    fc.property(fc.array(anyAlert, { minLength: 1, maxLength: 30 }), (alerts) => {
      const notification = notificationRequest.parse(told(alerts));
      const { subject = '', body } = notification.text ?? { body: '' };
      // Ten SMS hold both, with an empty line between.
      expect(subject.length + 2 + body.length).toBeLessThanOrEqual(1_600);
      expect(subject + body.replaceAll('\n', '')).not.toMatch(
        /[\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u,
      );
      expect(subject.trim()).not.toBe('');
      expect(body.trim()).not.toBe('');
    }),
  );
});

describe('what is no report of alerts', () => {
  it.each<[string, unknown, string]>([
    ['nothing', null, 'the body'],
    ['a list', [], 'the body'],
    ['no alerts', report([]), 'alerts'],
    ['an alert without a state', report([{ ...alert(), status: 'pending' }]), 'alerts.0.status'],
    ['an alert without a fingerprint', report([{ ...alert(), fingerprint: undefined }]), 'alerts.0.fingerprint'],
    ['labels that are no texts', report([{ ...alert(), labels: { alertname: 1 } }]), 'alerts.0.labels.alertname'],
  ])('%s is refused, with the place', (_name, body, place) => {
    expect(() => alertNotification(body, ['on-call'])).toThrow(expect.objectContaining({ code: 'ALERTS_INVALID' }));
    expect(() => alertNotification(body, ['on-call'])).toThrow(new RegExp(`^${place}: `));
  });
});
