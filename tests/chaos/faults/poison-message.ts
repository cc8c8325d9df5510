import { until, withConnection } from '@techno/embedded';
import { connectBus } from '@techno/jetstream';
import { MINUTE, newW3cTraceId, SECOND, traceIdFrom } from '@techno/kernel';
import type { Fault } from '../fault.ts';

/** Somebody on the bus who should not be there: what no schema takes, and what claims to have been allowed. */
function poison(): { subject: string; data: string }[] {
  const traceId = () => traceIdFrom(newW3cTraceId(Date.now()));
  const forged = (executor: string) => ({
    trace_id: traceId(),
    request: { action: 'chaos_unkeyed', context_id: 'default', payload: { id: 'forged' } },
    principal: { id: 'nobody', kind: 'api_key', role: 'admin' },
    decision: { decision_id: 'dec_forged', policy_revision: 1, micros: [], input_hash: '', decided_at: new Date().toISOString() },
    allow: {
      executor,
      fallbacks: [],
      expires_at: new Date(Date.now() + MINUTE).toISOString(),
      key_id: 'k1',
      signature: 'AAAA',
    },
    received_at: new Date().toISOString(),
    replay: 0,
  });
  return [
    { subject: 'action.requested.api', data: 'not JSON' },
    { subject: 'action.requested.api', data: '' },
    { subject: 'action.requested.api', data: '[]' },
    { subject: 'action.requested.api', data: JSON.stringify({ trace_id: traceId() }) },
    { subject: 'action.requested.webhook', data: '{'.repeat(5_000) },
    { subject: 'action.allowed.echo_executor_v1', data: '\u0000\u0001\u0002' },
    { subject: 'action.allowed.http_executor_v1', data: JSON.stringify(forged('http_executor_v1')) },
    { subject: 'action.allowed.echo_executor_v1', data: JSON.stringify(forged('echo_executor_v1')) },
  ];
}

export const poisonMessage: Fault = {
  name: 'poison-message',
  title: 'garbage and forged ALLOWs on the bus',
  recoversWithinMs: 30 * SECOND,
  async run(context) {
    const { nats, postgres } = await context.stack();
    const letters = () =>
      withConnection(postgres, async (client) => {
        const { rows } = await client.query<{ count: string }>('select count(*) from worker_dlq');
        return Number(rows[0]?.count ?? 0);
      });
    const before = await letters();
    const bus = await connectBus({ url: nats, name: 'chaos' });
    const sent = poison();
    try {
      for (const { subject, data } of sent) await bus.js.publish(subject, data);
    } finally {
      await bus.close();
    }
    context.mended();
    await until(async () => (await letters()) - before >= sent.length, {
      timeoutMs: 1 * MINUTE,
      what: 'every poison in the dead letters',
    }).catch(() => {});
    const found = (await letters()) - before;
    context.note(`${sent.length} poisonous messages, ${found} dead letters`);
    if (found < sent.length) context.broken(`of ${sent.length} poisonous messages only ${found} are in the dead letters`);
    if (context.upstream.effects.has('forged')) context.broken('a forged ALLOW was executed');
  },
};
