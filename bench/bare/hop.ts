import { AckPolicy, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { ALLOWED, REPLY_TO, REQUESTED, STREAM } from './message.ts';
import type { Commit } from './record.ts';

/** The middle: stream in, stream out. */
export async function runRelay(nc: NatsConnection, commit: Commit): Promise<void> {
  const js = jetstream(nc, { timeout: 5_000 });
  await consume(nc, REQUESTED, async (message) => {
    const options = message.headers === undefined ? {} : { headers: message.headers };
    await commit(message.string());
    await js.publish(ALLOWED, message.data, options);
    message.ack();
  });
}

/** The end: stream in, the answer out over core NATS. */
export async function runReplier(nc: NatsConnection, commit: Commit): Promise<void> {
  await consume(nc, ALLOWED, async (message) => {
    await commit(message.string());
    nc.publish(message.headers?.get(REPLY_TO) ?? '', message.data);
    message.ack();
  });
}

async function consume(nc: NatsConnection, subject: string, handle: (message: JsMsg) => Promise<void>): Promise<void> {
  const jsm = await jetstreamManager(nc);
  const name = subject.replace('.', '-');
  await jsm.consumers.add(STREAM, {
    durable_name: name,
    filter_subject: subject,
    ack_policy: AckPolicy.Explicit,
    max_ack_pending: 10_000,
  });
  const consumer = await jetstream(nc).consumers.get(STREAM, name);
  await consumer.consume({ max_messages: 512, callback: (message) => void handle(message) });
}
