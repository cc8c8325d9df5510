import type { DeadLetterStatus, FailureKind } from '@techno/contracts';

/** What is known of a message that failed for good. */
export interface FailedMessage {
  readonly jobName: string;
  readonly payload: string;
  readonly encoding: 'json' | 'base64';
  readonly errorMessage: string;
  readonly errorCode: string;
  readonly errorKind: FailureKind;
  readonly errorSignature: string;
  readonly errorStack: string | undefined;
  readonly actor: string;
  readonly stream: string;
  readonly seq: number;
  readonly subject: string;
  readonly headers: Record<string, string>;
  readonly traceId: string | undefined;
  /** Of the attempt that failed last. */
  readonly traceparent: string;
  readonly attempts: number;
  readonly quarantined: boolean;
  readonly replay: number;
}

/** A dead letter as it is stored. */
export interface DeadLetterRow extends FailedMessage {
  readonly id: number;
  readonly firstFailureAt: Date;
  readonly lastFailureAt: Date;
  readonly status: DeadLetterStatus;
  readonly retryCount: number;
  readonly scheduledFor: Date | undefined;
  readonly createdAt: Date;
  readonly processedAt: Date | undefined;
  readonly reason: string | undefined;
  readonly replayId: string | undefined;
  readonly publishedAt: Date | undefined;
  readonly jobId: string | undefined;
}

/** As Postgres gives it. */
export interface StoredDeadLetter extends Record<string, unknown> {
  readonly id: string;
  readonly job_name: string;
  readonly payload: string;
  readonly encoding: 'json' | 'base64';
  readonly error_message: string;
  readonly error_code: string;
  readonly error_kind: FailureKind;
  readonly error_signature: string;
  readonly error_stack: string | null;
  readonly actor: string;
  readonly stream: string;
  readonly seq: string;
  readonly subject: string;
  readonly headers: Record<string, string>;
  readonly trace_id: string | null;
  readonly traceparent: string;
  readonly attempts: number;
  readonly first_failure_at: Date;
  readonly last_failure_at: Date;
  readonly status: DeadLetterStatus;
  readonly quarantined: boolean;
  readonly retry_count: number;
  readonly scheduled_for: Date | null;
  readonly created_at: Date;
  readonly processed_at: Date | null;
  readonly reason: string | null;
  readonly replay: number;
  readonly replay_id: string | null;
  readonly published_at: Date | null;
  readonly job_id: string | null;
}

export function rowOf(stored: StoredDeadLetter): DeadLetterRow {
  return {
    id: Number(stored.id),
    jobName: stored.job_name,
    payload: stored.payload,
    encoding: stored.encoding,
    errorMessage: stored.error_message,
    errorCode: stored.error_code,
    errorKind: stored.error_kind,
    errorSignature: stored.error_signature,
    errorStack: stored.error_stack ?? undefined,
    actor: stored.actor,
    stream: stored.stream,
    seq: Number(stored.seq),
    subject: stored.subject,
    headers: stored.headers,
    traceId: stored.trace_id ?? undefined,
    traceparent: stored.traceparent,
    attempts: stored.attempts,
    firstFailureAt: stored.first_failure_at,
    lastFailureAt: stored.last_failure_at,
    status: stored.status,
    quarantined: stored.quarantined,
    retryCount: stored.retry_count,
    scheduledFor: stored.scheduled_for ?? undefined,
    createdAt: stored.created_at,
    processedAt: stored.processed_at ?? undefined,
    reason: stored.reason ?? undefined,
    replay: stored.replay,
    replayId: stored.replay_id ?? undefined,
    publishedAt: stored.published_at ?? undefined,
    jobId: stored.job_id ?? undefined,
  };
}
