import type { Transport } from '@techno/actor';
import { type CanonicalEvent, type ChannelName, CHANNELS } from '@techno/contracts';
import { type Clock, DAY, errorMessage } from '@techno/kernel';
import { createBreakers } from '@techno/resilience';
import { createContacts, createDeliveries, createNotifications, createTemplates, type Database } from '@techno/storage';
import type { Tracer } from '@techno/telemetry';
import { type Accepter, createAccepter } from './accept.ts';
import { absentChannel } from './channels/absent.ts';
import type { Channel } from './channels/channel.ts';
import { speaksAgainst } from './channels/classify.ts';
import type { DeliveryPolicy } from './delivery/policy.ts';
import type { DeliverDeps } from './dispatch/deliver.ts';
import { callSpans } from './dispatch/call-span.ts';
import { type ChannelLimits, createDispatcher, type Dispatcher } from './dispatch/dispatcher.ts';
import { createIntake, type Intake } from './dispatch/intake.ts';
import { createSweeper, type Sweeper } from './dispatch/sweeper.ts';
import { createLookout, type Lookout } from './dispatch/lookout.ts';
import { createTeller, type Teller } from './dispatch/teller.ts';
import type { NotifierMetrics } from './metrics.ts';
import { type ApplyReceipt, receiptApplier } from './receipts/apply.ts';
import { createWords } from './words.ts';

export interface NotifierDeps {
  readonly database: Database;
  readonly transport: Pick<Transport, 'publish'>;
  readonly channels: readonly Channel[];
  readonly limitsOf: (channel: ChannelName) => ChannelLimits;
  readonly policy: DeliveryPolicy;
  readonly breaker: { readonly failures: number; readonly halfOpenAfterMs: number; readonly probeEveryMs: number };
  readonly clock: Clock;
  readonly random: () => number;
  readonly leaseMs: number;
  readonly metrics: NotifierMetrics;
  readonly tracer?: Pick<Tracer, 'isRecorded' | 'start' | 'rootOf'>;
  readonly logEvents: (events: readonly CanonicalEvent[]) => void;
  readonly onProblem: (fields: Record<string, unknown>) => void;
  readonly onDoor: (fields: { channel: string; state: string; reason: string }) => void;
}

/** The parts of a notifier, wired; `main.ts` runs them as a service, tests step by step. */
export interface Notifier {
  readonly accepter: Accepter;
  readonly applyReceipt: ApplyReceipt;
  readonly dispatchers: readonly Dispatcher[];
  readonly intakes: readonly Intake[];
  readonly sweeper: Sweeper;
  readonly teller: Teller;
  readonly lookout: Lookout;
  /** Forgets what nobody will ask for any more. Not the sweeper's: there may be such where nothing is ever due. */
  tidy(): Promise<void>;
  readonly stores: {
    readonly contacts: ReturnType<typeof createContacts>;
    readonly templates: ReturnType<typeof createTemplates>;
    readonly notifications: ReturnType<typeof createNotifications>;
  };
}

/** How often the record is asked what there is to do. */
const LOOK_MS = 200;
const SWEEP_MS = 500;

export function createNotifier(deps: NotifierDeps): Notifier {
  const { database, clock, random, metrics, policy, onProblem } = deps;
  const contacts = createContacts(database);
  const templates = createTemplates(database);
  const notifications = createNotifications(database);
  const deliveries = createDeliveries(database);
  const words = createWords(templates);
  const channels = new Map(deps.channels.map((channel) => [channel.name, channel]));
  const dispatchers: Dispatcher[] = [];
  const poke = (channel: ChannelName | undefined) => {
    for (const dispatcher of dispatchers) if (dispatcher.channel === channel) dispatcher.poke();
  };
  const { leaseMs } = deps;
  const delivering: DeliverDeps = {
    deliveries,
    notifications,
    contacts,
    words,
    channels,
    policy,
    clock,
    random,
    leaseMs,
    metrics,
    onCall: deps.tracer && callSpans(deps.tracer),
    poke,
  };
  const breakers = createBreakers({
    failures: deps.breaker.failures,
    halfOpenAfterMs: deps.breaker.halfOpenAfterMs,
    countsAgainst: speaksAgainst,
  });

  const intakes: Intake[] = [];
  // Also for a channel that nobody configured: what waits for it has to be passed on.
  for (const channel of CHANNELS.map((name) => channels.get(name) ?? absentChannel(name))) {
    const intake = createIntake({
      channel,
      breakers,
      probeEveryMs: deps.breaker.probeEveryMs,
      onChange(name, state, reason) {
        metrics.breaker(name, state);
        deps.onDoor({ channel: name, state, reason });
        if (state === 'closed') poke(channel.name);
      },
      giveBack(charges) {
        deliveries
          .giveBack(charges, new Date(clock.now()))
          .catch((error: unknown) => onProblem({ problem: errorMessage(error), part: 'give-back' }));
      },
    });
    intakes.push(intake);
    metrics.breaker(intake.name, 'closed');
    const limits = deps.limitsOf(channel.name);
    dispatchers.push(createDispatcher({ channel, intake, limits, deliveries, clock, onProblem, deliver: delivering }));
  }

  const applyReceipt = receiptApplier(deliveries, delivering);
  const sweeper = createSweeper({
    deliveries,
    channels,
    deliver: delivering,
    applyReceipt,
    metrics,
    clock,
    restMs: SWEEP_MS,
    onProblem,
  });
  const teller = createTeller({
    deliveries,
    transport: deps.transport,
    rootOf: (traceId) => deps.tracer?.rootOf(traceId) ?? '',
    logEvents: deps.logEvents,
    clock,
    onProblem,
  });
  return {
    accepter: createAccepter({ notifications, contacts, words, clock, onAccepted: (first) => first.forEach(poke) }),
    applyReceipt,
    dispatchers,
    intakes,
    sweeper,
    teller,
    lookout: createLookout({ deliveries, dispatchers, sweeper, teller, clock, everyMs: LOOK_MS, onProblem }),
    tidy: () => deliveries.tidy(new Date(clock.now() - DAY)),
    stores: { contacts, templates, notifications },
  };
}
