import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { errorMessage, SECOND, StartupError } from '@techno/kernel';
import { createTurn } from './turn.ts';

/** One connection to NATS with its JetStream clients. Everything else in this lib takes it. */
export interface Bus {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly name: string;
  /** Answers arrive below it. */
  readonly inboxPrefix: string;
  /** Puts what is sent in this turn of the event loop into one write. */
  readonly atTurnEnd: (work: () => void) => void;
  /** False between a lost connection and its return. Publishing then is pointless: it would wait its whole timeout. */
  connected(): boolean;
  /** Round trip to the server, in milliseconds. Throws when there is none. */
  ping(): Promise<number>;
  close(): Promise<void>;
}

export interface BusOptions {
  /** `nats://user:password@host:port[,…]` */
  readonly url: string;
  /** Seen in `nats server report connections`. */
  readonly name: string;
  /** Where nats-server lets this user listen for answers. */
  readonly inboxPrefix?: string;
  readonly onStatus?: (status: string) => void;
}

const CONNECT_FIX = 'Is nats-server running, and does NATS_URL name it (nats://user:password@host:4222)?';

/** Connects, and reconnects for ever. Throws StartupError NATS_UNREACHABLE where there is nothing to connect to. */
export async function connectBus({ url, name, inboxPrefix = '_INBOX', onStatus }: BusOptions): Promise<Bus> {
  const { servers, user, pass } = parseNatsUrl(url);
  let nc: NatsConnection;
  try {
    nc = await connect({
      servers,
      ...(user === undefined ? {} : { user, pass: pass ?? '' }),
      name,
      inboxPrefix,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      reconnectJitter: 250,
      pingInterval: 10 * SECOND,
      timeout: 5 * SECOND,
      // An endpoint that answers late must not be confused with one that is gone.
      ignoreClusterUpdates: false,
      // A stack trace for every publish, in case it fails, is a twentieth of a service's time.
      noAsyncTraces: true,
    });
  } catch (cause) {
    throw new StartupError('NATS_UNREACHABLE', `cannot connect to ${servers.join(', ')}: ${errorMessage(cause)}`, CONNECT_FIX, {
      cause,
    });
  }
  let isConnected = true;
  void (async () => {
    for await (const status of nc.status()) {
      if (status.type === 'disconnect') isConnected = false;
      if (status.type === 'reconnect') isConnected = true;
      onStatus?.(status.type);
    }
  })();
  return {
    nc,
    js: jetstream(nc, { timeout: 1 * SECOND }),
    jsm: await jetstreamManager(nc, { timeout: 5 * SECOND, checkAPI: false }),
    name,
    inboxPrefix,
    atTurnEnd: createTurn(),
    connected: () => isConnected && !nc.isClosed(),
    ping: () => nc.rtt(),
    async close() {
      if (nc.isClosed()) return;
      // Draining waits for the server; a server that is gone would make it wait for ever.
      await (isConnected ? nc.drain() : nc.close());
    },
  };
}

/** Credentials live in the URL, as everywhere; the client wants them apart. */
export function parseNatsUrl(url: string): { servers: string[]; user?: string; pass?: string } {
  let user: string | undefined;
  let pass: string | undefined;
  const servers = url.split(',').map((part) => {
    let parsed: URL;
    try {
      parsed = new URL(part.trim());
    } catch (cause) {
      throw new StartupError('NATS_URL_INVALID', `'${part}' is no URL`, CONNECT_FIX, { cause });
    }
    if (parsed.username) user = decodeURIComponent(parsed.username);
    if (parsed.password) pass = decodeURIComponent(parsed.password);
    return `${parsed.hostname}:${parsed.port || '4222'}`;
  });
  return { servers, ...(user === undefined ? {} : { user }), ...(pass === undefined ? {} : { pass }) };
}
