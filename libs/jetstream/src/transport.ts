import { headers as natsHeaders, type MsgHdrs, nuid } from '@nats-io/nats-core';
import type { Outgoing, Transport } from '@techno/actor';
import { HEADER, type Headers, scheduleSubject } from '@techno/contracts';
import { errorMessage, SECOND, TemporaryError, TransientMap } from '@techno/kernel';
import type { Bus } from './bus.ts';
import { CONTENT_TYPE, EVENT_BATCH } from './event-batch.ts';
import { type Gathering, gather } from './gather.ts';
import { createPubAcks } from './pub-acks.ts';
import { wireHeaders } from './wire-headers.ts';

/** A publish waits this long for its ack, then tries again under the same id: 60,000 of 60,000 survived a killed server so. */
const PUBLISH_TIMEOUT_MS = 1 * SECOND;
const PUBLISH_TRIES = 3;

/** The outgoing side of the bus: each promise resolves with the PubAck. Throws TemporaryError NATS_UNAVAILABLE, which costs no attempt. */
export function createTransport(bus: Bus): Transport {
  const acks = createPubAcks(bus.nc, bus.inboxPrefix);

  /** Sends at the end of the turn, with whatever else is sent then; again where no ack comes. */
  async function store(send: () => Promise<unknown>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      if (!bus.connected()) throw unavailable('not connected');
      try {
        await new Promise((resolve, reject) => bus.atTurnEnd(() => void send().then(resolve, reject)));
        return;
      } catch (error) {
        if (attempt >= PUBLISH_TRIES) throw unavailable(errorMessage(error), error);
      }
    }
  }

  // What is gathered in this turn, by subject.
  const gatherings = new TransientMap<string, { gathering: Gathering<Outgoing>; stored: Promise<void> }>();
  const replies = new TransientMap<string, Gathering<Message>>();

  /** Stores what is gathered for a subject by the end of the turn. A new try sends the same bytes under the same id. */
  function storeGathered(first: Outgoing): Promise<void> {
    const { subject } = first;
    const gathering = gather(first);
    let wire: Wire | undefined;
    const close = () => {
      if (gatherings.get(subject)?.gathering === gathering) gatherings.delete(subject);
      return gathering.close();
    };
    const stored = store(() => {
      wire ??= wireOf(close());
      return acks.publish(subject, wire.data, wire.headers, PUBLISH_TIMEOUT_MS);
    });
    gatherings.set(subject, { gathering, stored });
    // Where there is no connection nothing was sent, and nothing more may join what has failed.
    stored.catch(close);
    return stored;
  }

  return {
    publish(message) {
      if (message.batchable) {
        const open = gatherings.get(message.subject);
        return open?.gathering.add(message) ? open.stored : storeGathered(message);
      }
      const { data, headers } = wireOf({ single: message });
      return store(() => acks.publish(message.subject, data, headers, PUBLISH_TIMEOUT_MS));
    },
    schedule({ subject, stream, id, headers, data }, delayMs, key) {
      const [, , actor = ''] = subject.split('.');
      const specification = new Date(Date.now() + delayMs);
      return store(() =>
        bus.js.publish(scheduleSubject(stream, actor, key), data, {
          msgID: id,
          timeout: PUBLISH_TIMEOUT_MS,
          headers: clientHeaders(headers),
          schedule: { specification, target: subject },
        }),
      );
    },
    reply(subject, headers, data) {
      const message = { headers, data };
      if (replies.get(subject)?.add(message)) return;
      const gathering = gather(message);
      replies.set(subject, gathering);
      bus.atTurnEnd(() => {
        if (replies.get(subject) === gathering) replies.delete(subject);
        const wire = wireOf(gathering.close());
        if (bus.connected()) bus.nc.publish(subject, wire.data, { headers: wire.headers });
      });
    },
  };
}

interface Wire {
  readonly data: Uint8Array;
  readonly headers: MsgHdrs;
}

type Message = Pick<Outgoing, 'headers' | 'data'> & { readonly id?: string };

function wireOf(closed: ReturnType<Gathering<Message>['close']>): Wire {
  if ('single' in closed) {
    const { data, headers, id } = closed.single;
    return { data: Buffer.from(data), headers: wireHeaders(headers, id) };
  }
  return {
    data: Buffer.from(`[${closed.events.join(',')}]`),
    headers: wireHeaders({ [CONTENT_TYPE]: EVENT_BATCH }, nuid.next()),
  };
}

function unavailable(message: string, cause?: unknown): TemporaryError {
  return new TemporaryError('NATS_UNAVAILABLE', `nats-server did not store the message: ${message}`, {
    cause,
    spendsAttempt: false,
  });
}

/** For the rare publishes to which the client adds headers of its own. */
function clientHeaders(headers: Headers): MsgHdrs {
  const out = natsHeaders();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== '' && name !== HEADER.messageId) out.set(name, value.replaceAll(/[\r\n]+/g, ' '));
  }
  return out;
}
