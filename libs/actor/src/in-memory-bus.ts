import {
  type DeadLetter,
  deadLettered,
  HEADER,
  type Headers,
  type MessageContract,
  retrySubject,
  type StreamName,
} from '@techno/contracts';
import { type Clock, SECOND, TemporaryError } from '@techno/kernel';
import type { Actor } from './actor.ts';
import { attempt, jsonOf } from './attempt.ts';
import { createMailboxes } from './mailboxes.ts';
import { type ActorObserver, silentObserver } from './observer.ts';
import { maxAttempts } from './settle.ts';
import type { Delivery, Outgoing, Transport } from './transport.ts';
import { createVirtualTime } from './virtual-time.ts';

/** What goes wrong on the way, each a probability from 0 to 1. */
export interface Faults {
  /** Not stored, and the publisher is told so. */
  readonly publishRefused: number;
  /** Stored, but the publisher hears nothing and takes it for lost. */
  readonly pubAckLost: number;
  /** Published once more, a little later: refused by its id inside the duplicate window, stored again after it. */
  readonly publishRepeated: number;
  /** The server never hears the ack: the message comes again when its lease ends. */
  readonly ackLost: number;
  /** The server hears the ack up to two leases later: perhaps after the message was given out again. */
  readonly ackLate: number;
  /** Another message than the oldest is given out. */
  readonly reordered: number;
}

const NO_FAULTS: Faults = { publishRefused: 0, pubAckLost: 0, publishRepeated: 0, ackLost: 0, ackLate: 0, reordered: 0 };

export interface InMemoryBusOptions {
  /** Decides everything that is random; named in every error. */
  readonly seed: number;
  readonly faults?: Partial<Faults>;
  /** How long an id is remembered. Default: for ever. */
  readonly duplicateWindowMs?: number;
  readonly observer?: ActorObserver;
  readonly startMs?: number;
}

export interface StoredMessage {
  readonly stream: StreamName;
  readonly seq: number;
  readonly subject: string;
  readonly id: string | undefined;
  readonly headers: Headers;
  readonly data: Uint8Array;
}

/** What happened, in order: `stored` by the bus, then whatever became of the delivery of `seq` to `actor`. */
export interface Happening {
  readonly what: 'stored' | 'delivered' | 'acked' | 'termed' | 'released' | 'given-up' | 'crashed';
  readonly at: number;
  readonly stream?: StreamName;
  readonly seq?: number;
  readonly subject?: string;
  readonly id?: string | undefined;
  readonly actor?: string;
  readonly deliveries?: number;
}

/**
 * JetStream as an actor sees it, in memory and in virtual time: streams with duplicate windows, durables with leases and
 * redelivery, message schedules, and the faults asked for. The same seed gives the same run.
 */
export interface InMemoryBus {
  readonly seed: number;
  readonly clock: Clock;
  random(): number;
  /** For publishers outside of any actor. Its faults are the bus's. */
  readonly transport: Transport;
  /** Runs the actor from the first stored message on, in a process of its own. Call it before `settle`. */
  run<Body>(actor: Actor<Body>): void;
  /** Stores raw bytes on a stream, without any fault. */
  store(stream: StreamName, subject: string, data: Uint8Array | string, headers?: Headers, id?: string): void;
  /** Stores a body under its contract's subject, without any fault. `id` is its `ce-id`. */
  send<Body>(contract: MessageContract<Body>, body: Body, id: string, headers?: Headers): void;
  /** Virtual waiting, for handlers. Nobody extends a lease meanwhile: it models a process that is frozen. */
  sleep(delayMs: number): Promise<void>;
  /** For handlers: the process of that actor dies here and now, with everything it had in hand, and is started again. */
  crash(actor: string): never;
  /** Asks that actor's process to stop: its signal is aborted. */
  stop(actor: string): void;
  /** Lets time pass until nothing is left to happen. */
  settle(): Promise<void>;
  stored(stream: StreamName): readonly StoredMessage[];
  deadLetters(): DeadLetter[];
  readonly replies: readonly { subject: string; headers: Headers; data: string }[];
  readonly history: readonly Happening[];
}

interface Durable {
  readonly actor: Actor<never>;
  /** Changes with every crash: what an earlier life still does no longer reaches anybody. */
  life: number;
  inHand: number;
  readonly abort: AbortController;
  readonly waiting: Waiting[];
  readonly pending: Map<number, { message: StoredMessage; deliveries: number }>;
  mailboxes: ReturnType<typeof createMailboxes>;
}
interface Waiting {
  readonly message: StoredMessage;
  readonly deliveries: number;
}

/** The server gives up on a message this many deliveries after the runtime should have buried it. */
const SPARE_DELIVERIES = 3;
const RESTART_MS = 1 * SECOND;
/** What a process that died waits for. */
const FOR_EVER = new Promise<never>(() => {});

export function createInMemoryBus(options: InMemoryBusOptions): InMemoryBus {
  const time = createVirtualTime(options.seed, options.startMs);
  const faults = { ...NO_FAULTS, ...options.faults };
  const chance = (probability: number) => probability > 0 && time.random() < probability;
  const windowMs = options.duplicateWindowMs ?? Number.POSITIVE_INFINITY;

  const streams = new Map<StreamName, StoredMessage[]>();
  const remembered = new Map<string, number>();
  const schedules = new Map<string, number>();
  const durables: Durable[] = [];
  const replies: { subject: string; headers: Headers; data: string }[] = [];
  const history: Happening[] = [];
  const tell = (happening: Omit<Happening, 'at'>) => void history.push({ ...happening, at: time.now() });

  /** False where the stream has seen the id within its window. */
  function remember(stream: StreamName, id: string | undefined): boolean {
    if (id === undefined) return true;
    const key = `${stream} ${id}`;
    if (time.now() <= (remembered.get(key) ?? Number.NEGATIVE_INFINITY)) return false;
    remembered.set(key, time.now() + windowMs);
    return true;
  }

  function keep(stream: StreamName, subject: string, data: Uint8Array, headers: Headers, id?: string): void {
    if (!remember(stream, id)) return;
    const messages = streams.get(stream) ?? [];
    streams.set(stream, messages);
    const message = { stream, seq: messages.length + 1, subject, id, headers, data };
    messages.push(message);
    tell({ what: 'stored', stream, seq: message.seq, subject, id });
    for (const durable of durables) offer(durable, message);
  }

  function offer(durable: Durable, message: StoredMessage): void {
    const { actor } = durable;
    const wanted = [actor.receives.pattern, retrySubject(actor.receives.stream, actor.name)];
    if (message.stream !== actor.receives.stream || !wanted.some((pattern) => matches(pattern, message.subject))) return;
    durable.pending.set(message.seq, { message, deliveries: 0 });
    makeReady(durable, message.seq);
  }

  function makeReady(durable: Durable, seq: number): void {
    const pending = durable.pending.get(seq);
    if (pending === undefined || durable.waiting.some((waiting) => waiting.message.seq === seq)) return;
    durable.waiting.push({ message: pending.message, deliveries: pending.deliveries });
    time.after(0, () => give(durable));
  }

  function give(durable: Durable): void {
    while (durable.waiting.length > 0 && durable.inHand < durable.actor.concurrency && !durable.abort.signal.aborted) {
      const place = chance(faults.reordered) ? Math.floor(time.random() * durable.waiting.length) : 0;
      const [waiting] = durable.waiting.splice(place, 1);
      const pending = waiting && durable.pending.get(waiting.message.seq);
      // An ack that came late has settled it meanwhile.
      if (pending === undefined) continue;
      const { message } = pending;
      if (pending.deliveries >= maxAttempts(durable.actor.retryDelaysMs) + SPARE_DELIVERIES) {
        durable.pending.delete(message.seq);
        tell({ what: 'given-up', actor: durable.actor.name, ...idOf(message) });
        continue;
      }
      pending.deliveries++;
      tell({ what: 'delivered', actor: durable.actor.name, deliveries: pending.deliveries, ...idOf(message) });
      lease(durable, message.seq, pending.deliveries);
      void handle(durable, message, pending.deliveries);
    }
  }

  function lease(durable: Durable, seq: number, deliveries: number): void {
    time.after(durable.actor.leaseMs, () => {
      if (durable.pending.get(seq)?.deliveries === deliveries) makeReady(durable, seq);
    });
  }

  async function handle(durable: Durable, message: StoredMessage, deliveries: number): Promise<void> {
    const { life, actor, mailboxes } = durable;
    const alive = () => durable.life === life;
    const delivery = deliveryOf(durable, message, deliveries, alive);
    const deps = {
      transport: transportOf(alive),
      observer: options.observer ?? silentObserver,
      clock: time,
      signal: durable.abort.signal,
      random: time.random,
      pause: (delayMs: number) => (alive() ? time.sleep(delayMs) : FOR_EVER),
    };
    durable.inHand++;
    const work = () => (alive() ? attempt(actor, delivery, deps) : Promise.resolve());
    const key = keyOf(actor, message);
    await (key === undefined ? work() : mailboxes.run(key, work));
    if (!alive()) return;
    durable.inHand--;
    give(durable);
  }

  function deliveryOf(durable: Durable, message: StoredMessage, deliveries: number, alive: () => boolean): Delivery {
    const { leaseMs, name } = durable.actor;
    const about = { actor: name, deliveries, ...idOf(message) };
    const end = (what: 'acked' | 'termed') => {
      if (!alive() || chance(faults.ackLost)) return;
      const late = chance(faults.ackLate) ? time.random() * 2 * leaseMs : 0;
      time.after(late, () => durable.pending.delete(message.seq) && tell({ what, ...about }));
    };
    return {
      stream: message.stream,
      subject: message.subject,
      seq: message.seq,
      deliveries,
      place: String(message.seq),
      bytes: () => message.data,
      json: () => jsonOf(message.data),
      header: (name) => message.headers[name] || undefined,
      headers: () => ({ ...message.headers }),
      ack: () => end('acked'),
      term: () => end('termed'),
      nak(delayMs) {
        if (!alive() || chance(faults.ackLost)) return;
        tell({ what: 'released', ...about });
        time.after(delayMs, () => {
          if (durable.pending.get(message.seq)?.deliveries === deliveries) makeReady(durable, message.seq);
        });
      },
      working() {},
    };
  }

  function transportOf(alive: () => boolean): Transport {
    const put = async (message: Outgoing, store: () => void): Promise<void> => {
      await Promise.resolve();
      if (!alive()) throw away('the process is gone');
      if (chance(faults.publishRefused)) throw away('nothing was stored');
      store();
      if (chance(faults.publishRepeated)) time.after(time.random() * 10 * SECOND, store);
      if (chance(faults.pubAckLost)) throw away('nobody confirmed it');
    };
    return {
      publish: (message) =>
        put(message, () => keep(message.stream, message.subject, bytes(message.data), message.headers, message.id)),
      schedule: (message, delayMs, key) => {
        const dueMs = time.now() + delayMs;
        return put(message, () => {
          if (!remember(message.stream, message.id)) return;
          const subject = `${message.stream} ${message.subject} ${key}`;
          // A subject holds one schedule: a later one takes the place of the one that waits.
          schedules.set(subject, dueMs);
          time.after(dueMs - time.now(), () => {
            if (schedules.get(subject) !== dueMs) return;
            schedules.delete(subject);
            // What a schedule fires carries no id of its own.
            keep(message.stream, message.subject, bytes(message.data), message.headers);
          });
        });
      },
      reply: (subject, headers, data) => void (alive() && replies.push({ subject, headers, data })),
    };
  }

  const durableOf = (name: string): Durable => {
    const durable = durables.find(({ actor }) => actor.name === name);
    if (durable === undefined) throw new Error(`no actor '${name}' runs here`);
    return durable;
  };

  return {
    seed: options.seed,
    clock: time,
    random: time.random,
    transport: transportOf(() => true),
    run(actor) {
      const durable: Durable = {
        actor: actor as unknown as Actor<never>,
        life: 0,
        inHand: 0,
        abort: new AbortController(),
        waiting: [],
        pending: new Map(),
        mailboxes: createMailboxes(),
      };
      durables.push(durable);
      for (const message of streams.get(actor.receives.stream) ?? []) offer(durable, message);
    },
    store: (stream, subject, data, headers = {}, id) => keep(stream, subject, bytes(data), headers, id),
    send: (contract, body, id, headers = {}) =>
      keep(contract.stream, contract.subject(body), bytes(JSON.stringify(body)), { [HEADER.eventId]: id, ...headers }, id),
    sleep: time.sleep,
    crash(name) {
      const durable = durableOf(name);
      durable.life++;
      durable.inHand = durable.actor.concurrency;
      durable.mailboxes = createMailboxes();
      tell({ what: 'crashed', actor: name });
      time.after(RESTART_MS, () => {
        durable.inHand = 0;
        give(durable);
      });
      throw new Error('the process is gone');
    },
    stop: (name) => durableOf(name).abort.abort(),
    settle: () => time.run(),
    stored: (stream) => streams.get(stream) ?? [],
    deadLetters: () => (streams.get('DEAD_LETTERS') ?? []).map(({ data }) => deadLettered.schema.parse(JSON.parse(text(data)))),
    replies,
    history,
  };
}

const bytes = (data: Uint8Array | string): Uint8Array => (typeof data === 'string' ? new TextEncoder().encode(data) : data);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);
const away = (message: string) => new TemporaryError('NATS_UNAVAILABLE', message, { spendsAttempt: false });
const idOf = ({ stream, seq, subject, headers }: StoredMessage) => ({ stream, seq, subject, id: headers[HEADER.eventId] });

function keyOf(actor: Actor<never>, message: StoredMessage): string | undefined {
  if (actor.keyedBy === undefined) return undefined;
  try {
    return actor.keyedBy(actor.receives.schema.parse(JSON.parse(text(message.data))));
  } catch {
    return undefined;
  }
}

/** NATS subjects: `*` stands for one token, `>` for all that follow. */
function matches(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.');
  const tokens = subject.split('.');
  const rest = wanted.at(-1) === '>';
  if (rest ? tokens.length < wanted.length : tokens.length !== wanted.length) return false;
  return wanted.every((token, place) => token === '*' || token === '>' || token === tokens[place]);
}
