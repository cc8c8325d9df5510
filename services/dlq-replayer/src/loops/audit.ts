import { envelope, type Transport } from '@techno/actor';
import { type DeadLetterActed, deadLetterAction, deadLetterActed, type CanonicalEvent, eventsOf } from '@techno/contracts';
import { rfc3339 } from '@techno/kernel';
import type { DeadLetterEvent, DeadLetterEvents } from '@techno/storage';

export interface AuditDeps {
  readonly events: DeadLetterEvents;
  readonly transport: Transport;
  readonly logEvents: (events: readonly CanonicalEvent[]) => void;
  /** Told of dead letters that have become permanent failures; told again if it did not resolve. */
  readonly onGivenUp: (ids: readonly number[]) => Promise<void>;
}

const AT_ONCE = 500;

/**
 * Tells the audit trail who did what, in order, and people what nobody will replay any more. Told twice after a crash, it is still
 * written once: acts have numbers.
 */
export async function tellTheTrail({ events, transport, logEvents, onGivenUp }: AuditDeps): Promise<void> {
  async function tell(waiting: readonly DeadLetterEvent[]): Promise<void> {
    const acts = waiting.flatMap((event) => actOf(event) ?? []);
    const [first] = acts;
    if (first !== undefined) {
      const body: DeadLetterActed = { acts };
      const message = envelope(deadLetterActed, body, {
        causeId: `acts.${first.act_id}.${acts.at(-1)?.act_id}`,
        source: 'dlq-replayer',
        // One message may tell of many traces, so it hangs in none.
        traceparent: '',
        now: rfc3339(Date.now()),
      });
      await transport.publish(message);
      logEvents(eventsOf['dead_letter.acted'](body));
    }
    const lost = waiting.flatMap(({ action, deadLetterId }) => (action === 'permanent_failure' ? (deadLetterId ?? []) : []));
    if (lost.length > 0) await onGivenUp(lost);
  }
  while ((await events.tell(AT_ONCE, tell)) === AT_ONCE);
}

/** Nothing without a trace can be in the trail: it stays in the history alone. */
function actOf({
  id,
  traceId,
  at,
  action,
  by,
  deadLetterId,
  replay,
  data,
}: DeadLetterEvent): DeadLetterActed['acts'][number] | undefined {
  const known = deadLetterAction.safeParse(action);
  if (traceId === undefined || !known.success) return undefined;
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return {
    act_id: id,
    trace_id: traceId,
    at: rfc3339(at.getTime()),
    action: known.data,
    by,
    dead_letter_id: deadLetterId,
    job_id: text(data['job_id']),
    actor: text(data['actor']),
    replay: deadLetterId === undefined ? undefined : replay,
    code: text(data['code']),
    count: typeof data['count'] === 'number' ? data['count'] : undefined,
  };
}
