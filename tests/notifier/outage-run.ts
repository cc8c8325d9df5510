import { randomBytes, randomInt } from 'node:crypto';
import { MINUTE, SECOND } from '@techno/kernel';
import { until } from '@techno/testkit';
import type { Json } from '../support/client.ts';

/** How a provider can be away: its session closed, its answers 503, or every call cut, though it says that its session is open. */
export const HOWS = ['session', 'refusing', 'cut'] as const;
export type How = (typeof HOWS)[number];

export interface OutageOptions {
  readonly gateway: string;
  readonly key: string;
  /** Of the stand-ins' page and API. */
  readonly standIns: string;
  readonly count: number;
  /** Resolves when it is to be mended. `look` tells what has been tried meanwhile. */
  readonly hold: (look: () => Promise<Tried>) => Promise<void>;
  readonly how: How;
  /** Of the channel `whatsapp`. */
  readonly pace: { readonly perSecond: number; readonly burst: number };
  readonly onProgress?: (line: string) => void;
}

/** Attempts on record, and messages that have arrived. */
export interface Tried {
  readonly spent: number;
  readonly unspent: number;
  readonly arrived: number;
}

export interface OutageReport {
  readonly how: How;
  readonly heldSeconds: number;
  readonly accepted: number;
  /** What was asked for and did not arrive, and what arrived more than once. */
  readonly lost: number;
  readonly doubled: number;
  /** What had arrived, and attempts spent, before it was mended. */
  readonly arrivedWhileDown: number;
  readonly spentWhileDown: number;
  /** Calls that found it down and cost no attempt. */
  readonly unspentWhileDown: number;
  /** Attempts spent on failures, after all. */
  readonly burned: number;
  readonly settled: Readonly<Record<string, number>>;
  readonly secondsToFirst: number;
  readonly drainSeconds: number;
  readonly perSecond: number;
  /** The most that arrived within any one second, and what the pace allows for it. */
  readonly mostInASecond: number;
  readonly allowedInASecond: number;
}

interface Delivery {
  readonly status: string;
  readonly settled_at?: string;
  readonly attempts: readonly { readonly class?: string; readonly spent: boolean }[];
}

/** Asks over HTTP as anybody would, and believes what the stand-in has and what the API says of each notification. */
export async function runOutage(options: OutageOptions): Promise<OutageReport> {
  const { gateway, key, standIns, count, hold, how, pace, onProgress = () => {} } = options;
  const tag = `outage-${randomBytes(4).toString('hex')}`;
  // Nobody who still waits for something of an earlier run.
  const firstNumber = 5_511_910_000_000 + randomInt(80_000) * 1_000;

  async function api(method: string, path: string, body?: unknown): Promise<Record<string, Json>> {
    const response = await fetch(gateway + path, {
      method,
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30 * SECOND),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as Record<string, Json>;
  }
  const tell = async (path: string, body: unknown) => {
    const { status } = await fetch(`${standIns}/api/${path}`, { method: 'PUT', body: JSON.stringify(body) });
    if (status !== 204) throw new Error(`the stand-in answered ${status} to ${path}`);
  };
  const arrived = async () => {
    const { messages } = (await (await fetch(`${standIns}/api/messages`)).json()) as { messages: { text: string; at: string }[] };
    return messages.filter(({ text }) => text.startsWith(tag));
  };
  const deliveries = async (): Promise<Delivery[]> => {
    const found: Delivery[] = [];
    let cursor = '';
    while (found.length < count) {
      const page = await api('GET', `/v1/notifications?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`);
      for (const { id, deliveries: of } of page['notifications'] as { id: string; deliveries: Delivery[] }[])
        if (ids.has(id)) found.push(...of);
      if (page['next'] === undefined) break;
      cursor = String(page['next']);
    }
    return found;
  };

  onProgress(`down: ${how}`);
  const downAt = Date.now();
  if (how === 'session') await tell('session', { state: 'close' });
  else await tell('behaviour/evolution', how === 'cut' ? { drop: 'before' } : { status: 503 });

  const ids = new Set<string>();
  let next = 0;
  const post = async () => {
    while (next < count) {
      const index = next++;
      const { result } = await api('POST', '/v1/notifications', {
        notification: {
          recipients: [{ channel: 'whatsapp', address: `+${firstNumber + index}` }],
          text: { body: `${tag} ${index}` },
        },
      });
      ids.add((result as { notification_id: string }).notification_id);
    }
  };
  await Promise.all(Array.from({ length: 16 }, post));
  onProgress(`accepted: ${ids.size}`);

  const look = async (): Promise<Tried> => ({ ...spentIn(await deliveries()), arrived: (await arrived()).length });
  await hold(look);
  const whileDown = await look();

  if (how === 'session') await tell('session', { state: 'open' });
  else await fetch(`${standIns}/api/behaviour/evolution`, { method: 'DELETE' });
  const mendedAt = Date.now();
  onProgress('mended');
  // Asked now and then: a list of all of them is work for everybody.
  const patience = { everyMs: 250, timeoutMs: 5 * MINUTE };
  await until(async () => new Set((await arrived()).map(({ text }) => text)).size === count, patience);
  await until(async () => (await deliveries()).filter((one) => one.settled_at !== undefined).length === count, patience);

  const messages = await arrived();
  const times = messages.map(({ at }) => Date.parse(at)).toSorted((a, b) => a - b);
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  const after = await deliveries();
  return {
    how,
    heldSeconds: Math.round((mendedAt - downAt) / SECOND),
    accepted: ids.size,
    lost: count - new Set(messages.map(({ text }) => text)).size,
    doubled: messages.length - new Set(messages.map(({ text }) => text)).size,
    arrivedWhileDown: whileDown.arrived,
    spentWhileDown: whileDown.spent,
    unspentWhileDown: whileDown.unspent,
    burned: after.flatMap(({ attempts }) => attempts).filter((one) => one.spent && one.class !== 'ACCEPTED').length,
    settled: Object.fromEntries([...Map.groupBy(after, ({ status }) => status)].map(([status, of]) => [status, of.length])),
    secondsToFirst: (first - mendedAt) / SECOND,
    drainSeconds: (last - first) / SECOND,
    perSecond: Math.round((count / Math.max(1, last - first)) * SECOND),
    mostInASecond: Math.max(...times.map((from, index) => times.slice(index).filter((time) => time - from < SECOND).length)),
    allowedInASecond: pace.perSecond + pace.burst,
  };
}

function spentIn(deliveries: readonly Delivery[]): { spent: number; unspent: number } {
  const attempts = deliveries.flatMap((one) => one.attempts);
  const spent = attempts.filter((one) => one.spent).length;
  return { spent, unspent: attempts.length - spent };
}

/** What of the report is not as promised. */
export function problemsOf(report: OutageReport): string[] {
  const claims: readonly [string, boolean][] = [
    ['something was lost', report.lost > 0],
    ['something arrived twice', report.doubled > 0],
    ['something arrived while it was down', report.arrivedWhileDown > 0],
    ['attempts were burned', report.burned > 0],
    ['it was drained faster than its rate', report.mostInASecond > report.allowedInASecond],
  ];
  return claims.flatMap(([problem, holds]) => (holds ? [problem] : []));
}
