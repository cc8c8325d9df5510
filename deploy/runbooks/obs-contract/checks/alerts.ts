import { randomUUID } from 'node:crypto';
import { until } from '@techno/embedded';
import { SECOND } from '@techno/kernel';
import { BrokenPromise } from '../broken-promise.ts';
import { call } from '../traffic/client.ts';
import type { Check } from './check.ts';

interface Notification {
  readonly id: string;
  readonly status: string;
  readonly request?: { readonly text?: { readonly subject?: string; readonly body?: string } };
}

/** An alert that is given to Alertmanager becomes a notification that somebody got. */
export const alerts: Check = {
  name: 'alerts',
  promise: 'an alert reaches somebody: Alertmanager, the gateway, the notifier',
  async check({ world, settleMs, keep }) {
    const { alertmanagerUrl: url, gateway, adminKey } = world;
    const mark = randomUUID();
    const alert = {
      labels: { alertname: 'ObsContractProbe', severity: 'critical', service: 'obs-contract', run: mark },
      annotations: {
        summary: `A probe of the observability contract (${mark})`,
        impact: 'None: it shows that alerts arrive.',
        action: 'None.',
        runbook_url: 'deploy/runbooks/obs-contract/README.md',
      },
      startsAt: new Date().toISOString(),
      endsAt: new Date(Date.now() + settleMs).toISOString(),
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
    let last: Notification | undefined;
    const arrived = await until(
      async () => {
        const { body } = await call(`${gateway}/v1/notifications?limit=50`, 'GET', { key: adminKey });
        const found = (body['notifications'] ?? []) as Notification[];
        last = found.find((one) => JSON.stringify(one).includes(mark)) ?? last;
        return last !== undefined && ['SENT', 'DELIVERED', 'READ'].includes(last.status) ? last : undefined;
      },
      { timeoutMs: settleMs, everyMs: 500 },
    ).catch((cause: unknown) => {
      throw new BrokenPromise(
        last === undefined
          ? `the alert did not become a notification within ${settleMs / SECOND} s: see Alertmanager’s log and GET /v1/webhook-rejections`
          : `the alert became the notification ${last.id}, which is ${last.status}`,
        { cause },
      );
    });
    keep('alert.json', { alert, notification: arrived });
    return `notification ${arrived.id} is ${arrived.status}`;
  },
};
