import { AckPolicy, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { ALLOWED, REPLY_TO, REQUESTED, STREAM } from './message.ts';

/** The middle: stream in, stream out. */
export async function runRelay(nc: NatsConnection): Promise<void> {
  const js = jetstream(nc, { timeout: 5_000 });
  await consume(nc, REQUESTED, (message) => {
    const options = message.headers === undefined ? {} : { headers: message.headers };
    void js.publish(ALLOWED, message.data, options).then(() => message.ack());
  });
}

/** The end: stream in, the answer out over core NATS. */
export async function runReplier(nc: NatsConnection): Promise<void> {
  await consume(nc, ALLOWED, (message) => {
    nc.publish(message.headers?.get(REPLY_TO) ?? '', message.data);
    message.ack();
  });
}

async function consume(nc: NatsConnection, subject: string, callback: (message: JsMsg) => void): Promise<void> {
  const jsm = await jetstreamManager(nc);
  const name = subject.replace('.', '-');
  await jsm.consumers.add(STREAM, {
    durable_name: name,
    filter_subject: subject,
    ack_policy: AckPolicy.Explicit,
    max_ack_pending: 10_000,
  });
  const consumer = await jetstream(nc).consumers.get(STREAM, name);
  await consumer.consume({ max_messages: 512, callback });
}
