import { jetstream } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/nats-core';
import HyperExpress from 'hyper-express';
import { REPLY_TO, REQUESTED } from './message.ts';
import type { Commit } from './record.ts';

/** HTTP in, JetStream out; the answer comes back over core NATS. */
export async function runFront(nc: NatsConnection, httpPort: number, commit: Commit): Promise<void> {
  const js = jetstream(nc, { timeout: 5_000 });
  const waiting = new Map<string, (result: string) => void>();
  const inbox = `bare.reply.${process.pid}.`;
  nc.subscribe(`${inbox}*`, {
    callback(_, message) {
      waiting.get(message.subject)?.(message.string());
    },
  });

  let requests = 0;
  const server = new HyperExpress.Server({ auto_close: false });
  server.post('/v1/process', async (request, response) => {
    const body = await request.buffer();
    const replyTo = inbox + (requests++).toString(36);
    const answered = new Promise<string>((resolve) => waiting.set(replyTo, resolve));
    const head = headers();
    head.set(REPLY_TO, replyTo);
    await commit(body.toString());
    await js.publish(REQUESTED, body, { headers: head });
    const result = await answered;
    waiting.delete(replyTo);
    response.header('content-type', 'application/json').send(`{"status":"COMPLETED","result":${result}}`);
  });
  await server.listen(httpPort, '127.0.0.1');
}
