import type { ActionAllowed, ActionRequested } from '@techno/contracts';
import type { DeadLetterRow } from '@techno/storage';

export const TRACE_ID = `tr_${'1b'.repeat(16)}`;
export const TRACEPARENT = `00-${'1b'.repeat(16)}-${'2c'.repeat(8)}-01`;
const AT = '2026-11-21T00:00:00.000Z';

export const requested: ActionRequested = {
  trace_id: TRACE_ID,
  origin: 'api',
  credential: { kind: 'api_key', hash: 'h' },
  address: '192.0.2.1',
  request: { action: 'order', context_id: 'default', payload: { id: 'a' } },
  bytes: 10,
  received_at: AT,
  replay: 0,
};

export const allowed: ActionAllowed = {
  trace_id: TRACE_ID,
  request: requested.request,
  principal: { id: 'key_1', kind: 'api_key', role: 'buyer' },
  decision: { decision_id: 'dec_1', policy_revision: 1, micros: [], input_hash: 'f', decided_at: AT },
  allow: { executor: 'http_executor_v1', fallbacks: [], expires_at: AT, key_id: 'k1', signature: 's' },
  received_at: AT,
  replay: 0,
};

/** A claimed dead letter of an allowed action. */
export function rowFixture(more: Partial<DeadLetterRow> = {}): DeadLetterRow {
  return {
    id: 7,
    jobName: 'order',
    payload: JSON.stringify(allowed),
    encoding: 'json',
    errorMessage: 'shop answered 503',
    errorCode: 'UPSTREAM_STATUS_503',
    errorKind: 'temporary',
    errorSignature: '0123456789abcdef',
    errorStack: undefined,
    actor: 'execute-http_executor_v1',
    stream: 'ACTIONS',
    seq: 3,
    subject: 'action.allowed.http_executor_v1',
    headers: { 'ce-id': 'original', 'ce-type': 'action.allowed', traceparent: TRACEPARENT },
    traceId: TRACE_ID,
    traceparent: TRACEPARENT,
    attempts: 2,
    firstFailureAt: new Date(AT),
    lastFailureAt: new Date(AT),
    status: 'replaying',
    quarantined: false,
    retryCount: 0,
    scheduledFor: undefined,
    createdAt: new Date(AT),
    processedAt: undefined,
    reason: undefined,
    replay: 1,
    replayId: 'rj_1.7.1',
    publishedAt: undefined,
    jobId: 'rj_1',
    ...more,
  };
}
