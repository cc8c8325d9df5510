import { createHash } from 'node:crypto';
import type { NotificationRequestInput, Recipient, Severity } from '@techno/contracts';
import { DAY, SECOND, TerminalError } from '@techno/kernel';
import { z } from 'zod';

const alert = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()).default({}),
  startsAt: z.string().min(1),
  /** Of its labels: the same alert has the same one for ever. */
  fingerprint: z.string().min(1),
});
type Alert = z.infer<typeof alert>;

/** Version 4 of the webhook: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
const report = z.object({
  alerts: z.array(alert).min(1),
  /** Those left out because of `max_alerts`. */
  truncatedAlerts: z.number().int().nonnegative().default(0),
});

/** What an alert's own label `severity` means to whoever is told. `critical` passes quiet hours. */
const SEVERITY: ReadonlyMap<string, Severity> = new Map([
  ['critical', 'critical'],
  ['warning', 'high'],
  ['info', 'normal'],
]);
const URGENCY: readonly string[] = [...SEVERITY.keys()];

/** Alertmanager repeats what lasts; whoever was told is told again after a day. */
const DEDUPE_SECONDS = DAY / SECOND;
/** With the subject before it still within ten SMS, so that a text fits every channel. */
const LONGEST_BODY = 1_390;
const MAX_LINES = 10;

/**
 * What Alertmanager tells, as the payload of `notify`: one message for its group of alerts, as urgent as the most urgent that
 * fires. The same alerts in the same state are told once a day (the key is fingerprint, start and status of each), however
 * often and by however many Alertmanagers they are sent.
 * @throws TerminalError ALERTS_INVALID
 */
export function alertNotification(body: unknown, recipients: readonly Recipient[]): NotificationRequestInput {
  const parsed = report.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new TerminalError(
      'ALERTS_INVALID',
      `${issue?.path.join('.') || 'the body'}: ${issue?.message ?? 'is no report of alerts'}`,
    );
  }
  const alerts = parsed.data.alerts.toSorted(byUrgency);
  const firing = alerts.filter(({ status }) => status === 'firing');
  return {
    recipients: [...recipients],
    text: { subject: subjectOf(alerts, firing), body: bodyOf(alerts, parsed.data.truncatedAlerts) },
    severity: SEVERITY.get(firing[0]?.labels['severity'] ?? '') ?? 'normal',
    dedupe: { key: `alerts.${identityOf(alerts)}`, window_seconds: DEDUPE_SECONDS },
  };
}

function identityOf(alerts: readonly Alert[]): string {
  const each = alerts.map(({ fingerprint, startsAt, status }) => `${fingerprint} ${startsAt} ${status}`).toSorted();
  return createHash('sha256').update(each.join('\n')).digest('hex');
}

/** Firing before resolved, then by severity, then by name, so that equal reports read the same. */
function byUrgency(a: Alert, b: Alert): number {
  const rank = ({ status, labels }: Alert) => {
    const urgency = URGENCY.indexOf(labels['severity'] ?? '');
    return (status === 'firing' ? 0 : URGENCY.length + 1) + (urgency === -1 ? URGENCY.length : urgency);
  };
  return rank(a) - rank(b) || (titleOf(a) < titleOf(b) ? -1 : 1);
}

function subjectOf(alerts: readonly Alert[], firing: readonly Alert[]): string {
  const [first] = alerts as [Alert, ...Alert[]];
  const state = firing.length > 0 ? 'FIRING' : 'RESOLVED';
  const severity = shown(first.labels['severity'] ?? 'alert');
  const name = shown(first.labels['alertname'] ?? 'alert');
  const about =
    alerts.length === 1 ? `: ${titleOf(first)}` : ` (${firing.length} firing, ${alerts.length - firing.length} resolved)`;
  return cut(`${state} ${severity} ${name}${about}`, 200);
}

function bodyOf(alerts: readonly Alert[], truncated: number): string {
  const lines = alerts
    .slice(0, MAX_LINES)
    .map((one) => cut(`${one.status === 'firing' ? 'FIRING' : 'RESOLVED'} ${titleOf(one)} (since ${shown(one.startsAt)})`, 120));
  const more = Math.max(0, alerts.length - MAX_LINES) + truncated;
  if (more > 0) lines.push(`and ${more} more`);
  // What to do is said once for each kind, while there is room for it.
  const kinds = new Map(alerts.toReversed().map((one) => [one.labels['alertname'] ?? '', one]));
  const blocks = [...kinds.values()].toReversed().map(advice).filter(Boolean);
  return blocks.reduce(
    (text, block) => (text.length + block.length + 2 > LONGEST_BODY ? text : `${text}\n\n${block}`),
    lines.join('\n'),
  );
}

const ADVICE: readonly (readonly [title: string, annotation: string])[] = [
  ['Impact', 'impact'],
  ['Action', 'action'],
  ['Runbook', 'runbook_url'],
];

function advice({ annotations }: Alert): string {
  return ADVICE.filter(([, name]) => annotations[name])
    .map(([title, name]) => `${title}: ${cut(shown(annotations[name] ?? ''), 400)}`)
    .join('\n');
}

function titleOf({ labels, annotations }: Alert): string {
  return shown(annotations['summary'] ?? labels['alertname'] ?? 'alert');
}

/** One line that a person can read and that gate G7 lets pass: an alert must not be lost for an odd character in a label. */
function shown(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u{fff9}-\u{fffb}]+/gu, ' ').trim();
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1).replace(/[\u{d800}-\u{dbff}]$/u, '')}…`;
}
