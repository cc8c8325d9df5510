import type { Outgoing } from '@techno/actor';
import {
  type CanonicalEvent,
  type ContactInput,
  type NotificationRequestInput,
  contact,
  notificationRequest,
} from '@techno/contracts';
import { createSafeFetch } from '@techno/http';
import { newW3cTraceId, SECOND } from '@techno/kernel';
import { createBreakers } from '@techno/resilience';
import { type StandIns, startStandIns } from '@techno/stand-ins';
import { createDeliveries, openDatabase } from '@techno/storage';
import { createDatabase } from '@techno/testkit';
import type { Channel } from '../channels/channel.ts';
import { speaksAgainst } from '../channels/classify.ts';
import { evolutionChannel } from '../channels/evolution.ts';
import { smtpChannel } from '../channels/smtp.ts';
import { twilioChannel } from '../channels/twilio.ts';
import { webhookChannel } from '../channels/webhook.ts';
import { DEFAULT_POLICY } from '../delivery/policy.ts';
import type { ChannelLimits } from '../dispatch/dispatcher.ts';
import { createNotifier, type Notifier } from '../notifier.ts';

/** A clock that stands still until it is moved. */
export interface TestClock {
  now(): number;
  advance(ms: number): void;
}

export function testClock(startMs = Date.UTC(2026, 4, 1, 12)): TestClock {
  let nowMs = startMs;
  return { now: () => nowMs, advance: (ms) => void (nowMs += ms) };
}

export interface World extends AsyncDisposable {
  readonly clock: TestClock;
  readonly standIns: StandIns;
  readonly notifier: Notifier;
  readonly told: Outgoing[];
  readonly events: CanonicalEvent[];
  /** Everything that is due now, and what that makes due. */
  settle(): Promise<void>;
  put(id: string, person: ContactInput): Promise<void>;
  /** Accepts it; gives its id. */
  notify(request: NotificationRequestInput): Promise<string>;
  read(id: string): Promise<NonNullable<Awaited<ReturnType<Notifier['stores']['notifications']['find']>>>>;
}

export interface WorldOptions {
  /** Default: one that stands still. */
  readonly clock?: TestClock;
  readonly limits?: Partial<ChannelLimits>;
  readonly keyed?: boolean;
  /** Builds other channels than the usual four. */
  readonly channels?: (standIns: StandIns, usual: Channel[]) => Channel[];
}

export const WEBHOOK_KEY = Buffer.alloc(32, 7);

/** A notifier in this process with a real database and the stand-ins, driven step by step by its own clock. */
export async function createWorld({
  clock = testClock(),
  limits,
  keyed = true,
  channels = (_standIns, usual) => usual,
}: WorldOptions = {}): Promise<World> {
  const [standIns, testDatabase] = await Promise.all([startStandIns(), createDatabase()]);
  const database = await openDatabase({ url: testDatabase.url('notifier'), applicationName: 'notifier-test', poolSize: 8 });
  const told: Outgoing[] = [];
  const events: CanonicalEvent[] = [];
  const http = { fetch: createSafeFetch({ allow: [new URL(standIns.url).host] }), clock };
  const built = channels(standIns, [
    evolutionChannel({ ...http, baseUrl: standIns.url, apiKey: 'key', instance: 'demo', keyed }),
    smtpChannel({ url: `smtp://127.0.0.1:${standIns.smtpPort}`, from: 'Techno <techno@example.org>', plain: true }),
    twilioChannel({ ...http, baseUrl: standIns.url, account: 'AC1', token: 't', from: '+15005550006', keyed }),
    webhookChannel({
      ...http,
      masterKey: WEBHOOK_KEY,
      breakers: createBreakers({ countsAgainst: speaksAgainst, halfOpenAfterMs: 100 }),
    }),
  ]);
  const notifier = createNotifier({
    database,
    transport: { publish: async (message) => void told.push(message) },
    channels: built,
    limitsOf: () => ({ pace: { perSecond: 1_000, burst: 1_000 }, recipientRestMs: 0, concurrency: 16, ...limits }),
    policy: DEFAULT_POLICY,
    // Longer than a busy machine may stall: what is looked at while the door is shut must not depend on it.
    breaker: { failures: 5, halfOpenAfterMs: 2 * SECOND, probeEveryMs: 20 },
    clock,
    random: () => 0.5,
    leaseMs: 60_000,
    metrics: { attempt() {}, settled() {}, fellBack() {}, breaker() {}, ages() {} },
    logEvents: (list) => void events.push(...list),
    // A busy machine may keep the database from answering for a moment; what comes of it is what the tests look at.
    onProblem() {},
    onDoor() {},
  });
  const { signal } = new AbortController();
  const deliveries = createDeliveries(database);

  return {
    clock,
    standIns,
    notifier,
    told,
    events,
    async settle() {
      for (let moved = true; moved;) {
        // As the lookout does: nobody looks for what it does not name.
        const { due, overdue, news } = await deliveries.awaiting(new Date(clock.now()));
        moved = overdue;
        if (overdue) await notifier.sweeper.once();
        for (const dispatcher of notifier.dispatchers)
          if (due.includes(dispatcher.channel) && (await dispatcher.once(signal)) > 0) moved = true;
        if (news) await notifier.teller.once();
        moved ||= news;
      }
    },
    put: (id, person) => notifier.stores.contacts.put(id, contact.parse(person), new Date(clock.now())),
    async notify(request) {
      const trace = newW3cTraceId(clock.now());
      await notifier.accepter.accept({
        notification_id: `ntf_${trace}`,
        trace_id: `tr_${trace}`,
        principal: 'key_1',
        context_id: 'default',
        request: notificationRequest.parse(request),
        requested_at: new Date(clock.now()).toISOString(),
      });
      return `ntf_${trace}`;
    },
    async read(id) {
      const found = await notifier.stores.notifications.find(id);
      if (found === undefined) throw new Error(`no notification ${id}`);
      return found;
    },
    async [Symbol.asyncDispose]() {
      for (const channel of built) await channel.close?.();
      await database.close();
      await standIns.close();
      await testDatabase.drop();
    },
  };
}
