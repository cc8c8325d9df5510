import { randomUUID } from 'node:crypto';
import { until } from '@techno/embedded';
import { SECOND } from '@techno/kernel';
import { BrokenPromise } from '../broken-promise.ts';
import { call } from '../traffic/client.ts';
import type { World } from '../world/world.ts';
import type { Check } from './check.ts';

interface Notification {
  readonly id: string;
  readonly status: string;
  readonly principal: string;
  readonly accepted_at: string;
  readonly deliveries: readonly { readonly attempts: readonly { readonly provider_message_id?: string }[] }[];
}

interface Mail {
  readonly to: readonly string[];
  readonly subject: string;
  readonly raw: string;
  readonly headers: readonly { readonly key: string; readonly value: string }[];
}

/** What has become of the alert so far. */
interface Seen {
  /** Undefined where messages go to real providers, whose mailboxes nobody here can open. */
  readonly mail: Mail | undefined;
  readonly notification: Notification | undefined;
}

/** An alert that is given to Alertmanager becomes a notification that somebody got. */
export const alerts: Check = {
  name: 'alerts',
  promise: 'an alert reaches somebody: Alertmanager, the gateway, the notifier',
  async check({ world, settleMs, keep }) {
    const mark = randomUUID();
    const givenAt = new Date();
    await give(world, mark, givenAt, settleMs);
    let seen: Seen = { mail: undefined, notification: undefined };
    await until(async () => hasArrived(world, (seen = await look(world, mark, givenAt))), {
      timeoutMs: settleMs,
      everyMs: 500,
    }).catch((cause: unknown) => {
      keep('alert.json', { mark, givenAt, seen });
      throw new BrokenPromise(missing(world, seen, settleMs), { cause });
    });
    keep('alert.json', { mark, givenAt, seen });
    const { mail, notification } = seen;
    return `notification ${notification?.id ?? ''} is ${notification?.status ?? ''}${mail ? `: mail to ${mail.to.join(', ')}` : ''}`;
  },
};

async function give({ alertmanagerUrl: url }: World, mark: string, givenAt: Date, lastsMs: number): Promise<void> {
  const alert = {
    labels: { alertname: 'ObsContractProbe', severity: 'critical', service: 'obs-contract', run: mark },
    annotations: {
      summary: `A probe of the observability contract (${mark})`,
      impact: 'None: it shows that alerts arrive.',
      action: 'None.',
      runbook_url: 'deploy/runbooks/obs-contract/README.md',
    },
    startsAt: givenAt.toISOString(),
    endsAt: new Date(givenAt.getTime() + lastsMs).toISOString(),
  };
  const taken = await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([alert]),
    signal: AbortSignal.timeout(10 * SECOND),
  }).catch((cause: unknown) => {
    throw new BrokenPromise(`Alertmanager at ${url} does not answer`, { cause });
  });
  if (!taken.ok) throw new BrokenPromise(`Alertmanager did not take the alert: ${taken.status} ${await taken.text()}`);
}

/** By the mail that carries the mark and the message id in it; with real providers by what the source of alerts has asked for since. */
async function look({ gateway, adminKey, standIns }: World, mark: string, givenAt: Date): Promise<Seen> {
  const { body } = await call(`${gateway}/v1/notifications?limit=50`, 'GET', { key: adminKey });
  const all = (body['notifications'] ?? []) as Notification[];
  if (standIns === undefined) {
    const since = all.filter((one) => one.principal === 'webhook:alertmanager' && Date.parse(one.accepted_at) >= +givenAt);
    return { mail: undefined, notification: since.find(isDelivered) ?? since[0] };
  }
  const { mails } = (await call(`${standIns}/api/mails`, 'GET')).body as unknown as { mails: Mail[] };
  const mail = mails.find(({ subject, raw }) => subject.includes(mark) || raw.includes(mark));
  const messageId = mail?.headers.find(({ key }) => key === 'message-id')?.value;
  const sent = ({ deliveries }: Notification) =>
    deliveries.some(({ attempts }) => attempts.some((attempt) => attempt.provider_message_id === messageId));
  return { mail, notification: messageId === undefined ? undefined : all.find(sent) };
}

function hasArrived({ standIns }: World, { mail, notification }: Seen): boolean {
  return notification !== undefined && isDelivered(notification) && (standIns === undefined || mail !== undefined);
}

function isDelivered({ status }: Notification): boolean {
  return status === 'DELIVERED';
}

function missing({ alertmanagerUrl, standIns }: World, { mail, notification }: Seen, settleMs: number): string {
  const seconds = settleMs / SECOND;
  if (notification !== undefined)
    return `the alert became the notification ${notification.id}, which is ${notification.status} after ${seconds} s`;
  if (mail !== undefined) return `the alert came as a mail to ${mail.to.join(', ')}, and no notification tells of it`;
  const where = standIns === undefined ? 'became no notification' : `came to no mailbox of ${standIns}`;
  return `the alert that Alertmanager at ${alertmanagerUrl} took ${where} within ${seconds} s: see Alertmanager’s log, GET /v1/webhook-rejections, and the notifier’s log`;
}
