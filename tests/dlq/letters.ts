import { envelope } from '@techno/actor';
import { type ActionAllowed, actionAllowed, type DeadLetter, deadLettered, HEADER } from '@techno/contracts';
import { connectBus, createTransport } from '@techno/jetstream';
import { newSpanId, newW3cTraceId, rfc3339, traceIdFrom } from '@techno/kernel';

export interface Planted {
  readonly ids: readonly string[];
  readonly actor: string;
  readonly code: string;
  /** Default: `order`. */
  readonly action?: string;
}

/** Publishes dead letters of allowed orders as an executor does: the payload's `id` is what an effect is counted by. */
export async function plantLetters(
  natsUrl: string,
  owner: { id: string; role: string },
  { ids, actor, code, action = 'order' }: Planted,
): Promise<void> {
  const bus = await connectBus({ url: natsUrl, name: 'plant-letters' });
  const transport = createTransport(bus);
  try {
    for (let at = 0; at < ids.length; at += 500)
      await Promise.all(ids.slice(at, at + 500).map((id) => transport.publish(letterOf(id, owner, { actor, code, action }))));
  } finally {
    await bus.close();
  }
}

function letterOf(id: string, owner: { id: string; role: string }, { actor, code, action }: Required<Omit<Planted, 'ids'>>) {
  const now = rfc3339(Date.now());
  const w3c = newW3cTraceId(Date.now());
  const traceparent = `00-${w3c}-${newSpanId()}-00`;
  const allowed: ActionAllowed = {
    trace_id: traceIdFrom(w3c),
    request: { action, context_id: 'default', payload: { id } },
    principal: { id: owner.id, kind: 'api_key', role: owner.role },
    decision: { decision_id: `dec_${id}`, policy_revision: 1, micros: [], input_hash: '', decided_at: now },
    allow: { executor: 'http_executor_v1', fallbacks: [], expires_at: now, key_id: 'k1', signature: '' },
    received_at: now,
    replay: 0,
  };
  const body: DeadLetter = {
    actor,
    stream: 'ACTIONS',
    stream_seq: 1,
    subject: 'action.allowed.http_executor_v1',
    headers: { [HEADER.eventId]: `planted.${id}`, [HEADER.eventType]: actionAllowed.type, [HEADER.traceparent]: traceparent },
    payload: JSON.stringify(allowed),
    encoding: 'json',
    trace_id: allowed.trace_id,
    error: { code, message: `order ${id} found the shop closed`, kind: 'temporary' },
    attempts: 3,
    first_failure_at: now,
    last_failure_at: now,
  };
  return envelope(deadLettered, body, { causeId: `planted.${id}`, source: actor, traceparent, now });
}
