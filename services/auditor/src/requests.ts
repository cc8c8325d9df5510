import { type ActionView, auditOfAction, findAction, listActions } from '@techno/contracts';
import { type Endpoint, endpoint } from '@techno/jetstream';
import type { ActionRow, Actions, AuditTrail } from '@techno/storage';

/** What the gateway's reads are answered from. */
export function auditorRequests({ actions, trail }: { actions: Actions; trail: AuditTrail }): Endpoint[] {
  const visible = async (traceId: string, principal: string | undefined) => {
    const row = await actions.find(traceId);
    // Somebody else's action looks like one that does not exist.
    return row !== undefined && (principal === undefined || row.principal === principal) ? row : undefined;
  };
  return [
    endpoint(findAction, async ({ trace_id, principal }) => {
      const row = await visible(trace_id, principal);
      return { action: row && viewOf(row) };
    }),
    endpoint(listActions, async ({ limit, ...filter }) => {
      const rows = await actions.list({ ...filter, limit: limit + 1 });
      const page = rows.slice(0, limit);
      return { actions: page.map(viewOf), next: rows.length > limit ? page.at(-1)?.trace_id : undefined };
    }),
    endpoint(auditOfAction, async ({ trace_id, principal }) => {
      const found = (await visible(trace_id, principal)) !== undefined;
      const rows = found ? await trail.ofTrace(trace_id) : [];
      return {
        trace_id,
        verified: rows.length > 0 && rows.every((row) => row.intact),
        rows: rows.map(({ seq, recordedAt, hash, intact, events }) => ({
          seq,
          recorded_at: recordedAt,
          hash,
          intact,
          events: events.map((event) => ({ ...event, data: { ...event.data } })),
        })),
      };
    }),
  ];
}

function viewOf(row: ActionRow): ActionView {
  return {
    trace_id: row.trace_id,
    status: row.status,
    action: row.action,
    context_id: row.context_id,
    origin: row.origin ?? undefined,
    principal: row.principal ?? undefined,
    decision_id: row.decision_id ?? undefined,
    gate: row.gate ?? undefined,
    reason_codes: row.reason_codes ?? undefined,
    executor_id: row.executor_id ?? undefined,
    result: row.result ?? undefined,
    error: row.status === 'COMPLETED' ? undefined : (row.error ?? undefined),
    replays: row.replay,
    received_at: row.received_at?.toISOString(),
    decided_at: row.decided_at?.toISOString(),
    finished_at: row.finished_at?.toISOString(),
    execution_time_ms: row.execution_time_ms ?? undefined,
  };
}
