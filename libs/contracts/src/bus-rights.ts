import { BREAKER_NEWS_SUBJECT } from './breaker-news.ts';
import { actionAllowed } from './actions.ts';
import { consumerAdvisory } from './dlq-messages.ts';
import { deadLettered } from './dead-letter.ts';
import { DURABLES, durablesOf, schedulesRetries } from './durables.ts';
import { MESSAGES, REQUESTS } from './registry.ts';
import { requestSubject } from './request.ts';
import { type ServiceName, SERVICES } from './services.ts';
import { retrySubject, scheduleSubject, type StreamName, STREAMS } from './streams.ts';

/** Subjects that one user of nats-server may use, as its `permissions` want them. What is denied wins. */
export interface BusRights {
  readonly publish: { readonly allow: readonly string[]; readonly deny: readonly string[] };
  readonly subscribe: { readonly allow: readonly string[] };
}

/** Said without a stream, to processes that listen now. */
const HEARD: readonly { subject: string; tellers: readonly ServiceName[]; listeners: readonly ServiceName[] }[] = [
  // How an action ended, to the gateway whose caller waits.
  { subject: 'result.*', tellers: ['gate-engine', 'executor'], listeners: ['gateway'] },
  // The same, to the scheduler, of the actions of its schedules.
  { subject: 'scheduled.*', tellers: ['gate-engine', 'executor'], listeners: ['scheduler'] },
  // That the notifier has committed it, to the executor that handed it over.
  { subject: 'notified.*', tellers: ['notifier'], listeners: ['executor'] },
  { subject: BREAKER_NEWS_SUBJECT, tellers: ['executor'], listeners: ['dlq-replayer'] },
];

/** Streams that a service follows without a durable, each by one filter: the live events of the gateway. */
const TAILED: Readonly<Partial<Record<ServiceName, Readonly<Partial<Record<StreamName, string>>>>>> = {
  gateway: { ACTIONS: 'action.>', DEAD_LETTERS: 'dead_letter.>' },
};

/** Sees how far behind every consumer is, for the metrics: a service that hangs cannot say so itself. */
const OBSERVER: ServiceName = 'auditor';

/** Reads what failed back out of its stream, and publishes any of it again: but never an ALLOW. */
const REPLAYER: ServiceName = 'dlq-replayer';

/**
 * Where a service's answers arrive. Nobody else may subscribe there; the server's own answers need no right, and who is
 * asked may answer whoever may ask.
 */
export function inboxPrefix(service: ServiceName): string {
  return `_INBOX_${service}`;
}

/** Inboxes of people at a command line, such as `nats micro ls`. */
const OPERATORS_INBOX = '_INBOX.>';

/**
 * The least that a service needs of the bus, from the contracts: who owns a message publishes it, who has an actor pulls
 * and settles for it, who answers requests listens for them. Streams any service may create, because whoever first notices
 * that the bus has lost its store puts them back; changing, purging or deleting one is for the operator.
 */
export function busRights(service: ServiceName): BusRights {
  const answered = REQUESTS.filter((contract) => contract.service === service);
  const askers = SERVICES.filter((asker) => answered.some(({ askers: named = ['gateway'] }) => named.includes(asker)));
  return {
    publish: {
      allow: [
        ...published(service),
        ...HEARD.filter(({ tellers }) => tellers.includes(service)).map(({ subject }) => subject),
        ...REQUESTS.filter(({ askers: named = ['gateway'] }) => named.includes(service)).map(requestSubject),
        ...askers.map((asker) => `${inboxPrefix(asker)}.>`),
        ...(answered.length === 0 ? [] : [OPERATORS_INBOX]),
        ...STREAMS.flatMap(({ name }) => [`$JS.API.STREAM.CREATE.${name}`, `$JS.API.STREAM.INFO.${name}`]),
        ...(service === REPLAYER ? STREAMS.map(({ name }) => `$JS.API.STREAM.MSG.GET.${name}`) : []),
        ...durablesOf(service).flatMap(({ stream, name }) => [
          `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.${name}`,
          `$JS.API.CONSUMER.INFO.${stream}.${name}`,
          `$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`,
          `$JS.ACK.${stream}.${name}.>`,
        ]),
        ...(service === OBSERVER
          ? SERVICES.filter((other) => other !== service)
              .flatMap(durablesOf)
              .map(({ stream, name }) => `$JS.API.CONSUMER.INFO.${stream}.${name}`)
          : []),
        ...tails(service).flatMap(({ stream, filter }) => [
          `$JS.API.CONSUMER.CREATE.${stream}.*.${filter}`,
          ...['INFO', 'MSG.NEXT', 'DELETE'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.*`),
        ]),
      ],
      // A follower's consumer has any name; those that have an owner are the owner's.
      deny: tails(service).flatMap(({ stream }) =>
        SERVICES.flatMap((owner) => DURABLES[owner][stream] ?? []).flatMap((durable) => [
          `$JS.API.CONSUMER.CREATE.${stream}.${durable}.>`,
          ...['INFO', 'MSG.NEXT', 'DELETE'].map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.${durable}`),
        ]),
      ),
    },
    subscribe: {
      allow: [
        `${inboxPrefix(service)}.>`,
        ...HEARD.filter(({ listeners }) => listeners.includes(service)).map(({ subject }) => subject),
        ...(answered.length === 0 ? [] : [`rpc.${service}.>`, ...discovery(service)]),
      ],
    },
  };
}

/** What it publishes to streams: its messages, and for each of its actors retries and dead letters. */
function published(service: ServiceName): string[] {
  const own = MESSAGES.filter((contract) => contract.type !== deadLettered.type && contract.owners.includes(service));
  const actors = durablesOf(service).flatMap(({ stream, name }) => [
    ...(schedulesRetries(name) ? [scheduleSubject(stream, name, '*')] : []),
    `dead_letter.${name}`,
  ]);
  const replayed =
    service === REPLAYER
      ? [
          ...MESSAGES.filter(({ type }) => type !== actionAllowed.type && type !== consumerAdvisory.type).map(
            ({ pattern }) => pattern,
          ),
          ...STREAMS.map(({ name }) => retrySubject(name, '*')),
        ]
      : [];
  return [...new Set([...own.flatMap(({ pattern, shares }) => shares?.[service] ?? [pattern]), ...actors, ...replayed])];
}

function tails(service: ServiceName): { stream: StreamName; filter: string }[] {
  return Object.entries(TAILED[service] ?? {}).map(([stream, filter]) => ({ stream: stream as StreamName, filter }));
}

/** What `@nats-io/services` listens on, so that `nats micro ls` finds it. */
function discovery(service: ServiceName): string[] {
  return ['PING', 'INFO', 'STATS'].flatMap((verb) => [`$SRV.${verb}`, `$SRV.${verb}.${service}`, `$SRV.${verb}.${service}.*`]);
}
