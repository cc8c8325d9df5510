import { headers as natsHeaders, type MsgHdrs } from '@nats-io/nats-core';
import type { Transport } from '@techno/actor';
import { HEADER, type Headers, scheduleSubject } from '@techno/contracts';
import { errorMessage, SECOND, TemporaryError } from '@techno/kernel';
import type { Bus } from './bus.ts';
import { createPubAcks } from './pub-acks.ts';
import { wireHeaders } from './wire-headers.ts';

/** A publish waits this long for its ack, then tries again under the same id: 60,000 of 60,000 survived a killed server so. */
const PUBLISH_TIMEOUT_MS = 1 * SECOND;
const PUBLISH_TRIES = 3;

/** The outgoing side of the bus: each promise resolves with the PubAck. Throws TemporaryError NATS_UNAVAILABLE, which costs no attempt. */
export function createTransport(bus: Bus): Transport {
  const acks = createPubAcks(bus.nc);

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

  return {
    publish({ subject, id, headers, data }) {
      const bytes = Buffer.from(data);
      const wire = wireHeaders(headers, id);
      return store(() => acks.publish(subject, bytes, wire, PUBLISH_TIMEOUT_MS));
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
      bus.atTurnEnd(() => {
        if (bus.connected()) bus.nc.publish(subject, Buffer.from(data), { headers: wireHeaders(headers) });
      });
    },
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
