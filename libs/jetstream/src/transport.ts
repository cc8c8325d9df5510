import { headers as natsHeaders, type MsgHdrs } from '@nats-io/nats-core';
import type { Outgoing, Transport } from '@techno/actor';
import { HEADER, type Headers, scheduleSubject } from '@techno/contracts';
import { errorMessage, SECOND, TemporaryError } from '@techno/kernel';
import type { Bus } from './bus.ts';

/** A publish waits this long for its ack, then tries again under the same id: 60,000 of 60,000 survived a killed server so. */
const PUBLISH_TIMEOUT_MS = 1 * SECOND;
const PUBLISH_TRIES = 3;

/** The outgoing side of the bus: each promise resolves with the PubAck. Throws TemporaryError NATS_UNAVAILABLE, which costs no attempt. */
export function createTransport(bus: Bus): Transport {
  async function store(message: Outgoing, options: { subject: string; schedule?: { at: Date; target: string } }): Promise<void> {
    const headers = toNats(message.headers);
    for (let attempt = 1; ; attempt++) {
      if (!bus.connected()) throw unavailable('not connected');
      try {
        await stored(bus, () =>
          bus.js.publish(options.subject, message.data, {
            msgID: message.id,
            timeout: PUBLISH_TIMEOUT_MS,
            headers,
            ...(options.schedule ? { schedule: { specification: options.schedule.at, target: options.schedule.target } } : {}),
          }),
        );
        return;
      } catch (error) {
        if (attempt >= PUBLISH_TRIES) throw unavailable(errorMessage(error), error);
      }
    }
  }

  return {
    publish: (message) => store(message, { subject: message.subject }),
    schedule: (message, delayMs, key) => {
      const [, , actor = ''] = message.subject.split('.');
      return store(message, {
        subject: scheduleSubject(message.stream, actor, key),
        schedule: { at: new Date(Date.now() + delayMs), target: message.subject },
      });
    },
    reply: (subject, headers, data) => {
      bus.atTurnEnd(() => {
        if (bus.connected()) bus.nc.publish(subject, data, { headers: toNats(headers) });
      });
    },
  };
}

/** Publishes at the end of the turn, with whatever else is sent then. */
function stored(bus: Bus, publish: () => Promise<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => bus.atTurnEnd(() => void publish().then(resolve, reject)));
}

function unavailable(message: string, cause?: unknown): TemporaryError {
  return new TemporaryError('NATS_UNAVAILABLE', `nats-server did not store the message: ${message}`, {
    cause,
    spendsAttempt: false,
  });
}

function toNats(headers: Headers): MsgHdrs {
  const out = natsHeaders();
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && value !== '' && name !== HEADER.messageId) out.set(name, value);
  }
  return out;
}
