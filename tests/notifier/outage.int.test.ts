import { type StandIns, startStandIns } from '@techno/stand-ins';
import { until } from '@techno/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Stack, startStack } from '../support/stack.ts';
import { HOWS, problemsOf, runOutage } from './outage-run.ts';

const COUNT = 300;
const pace = { perSecond: 200, burst: 40 };

let standIns: StandIns;
let stack: Stack;
let key: string;

beforeAll(async () => {
  standIns = await startStandIns();
  stack = await startStack();
  await stack.start('notifier', {
    TECHNO_LOG_LEVEL: 'warn',
    TECHNO_EGRESS_ALLOW: new URL(standIns.url).host,
    CHANNEL_WHATSAPP_URL: standIns.url,
    CHANNEL_WHATSAPP_TOKEN: 'token',
    CHANNEL_WHATSAPP_KEYED: 'true',
    CHANNEL_WHATSAPP_PER_SECOND: String(pace.perSecond),
    CHANNEL_WHATSAPP_BURST: String(pace.burst),
    // Trials come often, so that a short outage sees as many of them as a long one.
    TECHNO_NOTIFY_BREAKER_MS: '200',
    TECHNO_NOTIFY_PROBE_MS: '100',
    TECHNO_NOTIFY_RECEIPT_MS: '1',
  });
  key = (await stack.newKey('development', { contexts: ['*'] })).key;
}, 60_000);

afterAll(async () => {
  await stack?.stop();
  await standIns?.close();
});

it.each(HOWS)(
  'WhatsApp away (%s) with notifications waiting: none lost, none doubled, no attempt burned, then drained in its pace',
  async (how) => {
    const report = await runOutage({
      gateway: stack.url,
      key,
      standIns: standIns.url,
      count: how === 'cut' ? COUNT : COUNT / 3,
      how,
      pace,
      // A session that is closed is asked after, and nothing is tried.
      hold: async (look) =>
        void (await until(async () => how === 'session' || (await look()).unspent >= 20, { everyMs: 250, timeoutMs: 60_000 })),
    });
    expect(problemsOf(report)).toEqual([]);
    expect(report).toMatchObject({ lost: 0, doubled: 0, arrivedWhileDown: 0, burned: 0 });
  },
  150_000,
);
