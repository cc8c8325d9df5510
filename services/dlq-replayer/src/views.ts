import type { DeadLetterDetail, DeadLetterGroup, DeadLetterView, ReplayJobView } from '@techno/contracts';
import { rfc3339 } from '@techno/kernel';
import type { DeadLetterEvent, DeadLetterRow, Group, ReplayJob } from '@techno/storage';

const time = (date: Date): string => rfc3339(date.getTime());
const maybe = (date: Date | undefined): string | undefined => date && time(date);

export function viewOf(row: DeadLetterRow): DeadLetterView {
  return {
    id: row.id,
    status: row.status,
    job_name: row.jobName,
    actor: row.actor,
    error_code: row.errorCode,
    error_kind: row.errorKind,
    error_message: row.errorMessage,
    error_signature: row.errorSignature,
    subject: row.subject,
    stream: row.stream,
    seq: row.seq,
    trace_id: row.traceId,
    attempts: row.attempts,
    first_failure_at: time(row.firstFailureAt),
    last_failure_at: time(row.lastFailureAt),
    retry_count: row.retryCount,
    scheduled_for: maybe(row.scheduledFor),
    quarantined: row.quarantined,
    created_at: time(row.createdAt),
    processed_at: maybe(row.processedAt),
    reason: row.reason,
    replay: row.replay,
    job_id: row.jobId,
  };
}

export function wholeOf(row: DeadLetterRow): Omit<DeadLetterDetail, 'history'> {
  return {
    ...viewOf(row),
    payload: row.encoding === 'json' ? (JSON.parse(row.payload) as unknown) : row.payload,
    encoding: row.encoding,
    headers: row.headers,
    error_stack: row.errorStack,
    links:
      row.traceId === undefined
        ? {}
        : {
            action: `/v1/actions/${row.traceId}`,
            audit: `/v1/actions/${row.traceId}/audit`,
            // Jaeger's own path; the id is the same.
            trace: `/trace/${row.traceId.slice('tr_'.length)}`,
          },
  };
}

export function detailOf(row: DeadLetterRow, history: readonly DeadLetterEvent[]): DeadLetterDetail {
  return {
    ...wholeOf(row),
    history: history.map(({ at, action, by, replay, data }) => ({ at: time(at), action, by, replay, data })),
  };
}

export function groupOf({ signature, actor, errorCode, count, firstSeen, lastSeen, sample }: Group): DeadLetterGroup {
  return {
    signature,
    actor,
    error_code: errorCode,
    count,
    first_seen: time(firstSeen),
    last_seen: time(lastSeen),
    sample: { id: sample.id, error_message: sample.errorMessage, job_name: sample.jobName, trace_id: sample.traceId },
  };
}

export function jobView(job: ReplayJob): ReplayJobView {
  const count = (status: keyof ReplayJob['counts']) => job.counts[status] ?? 0;
  return {
    id: job.id,
    actor: job.actor,
    filter: job.filter,
    status: job.status,
    rate_per_second: job.ratePerSecond,
    created_by: job.createdBy,
    created_at: time(job.createdAt),
    finished_at: maybe(job.finishedAt),
    trace_id: job.traceId,
    progress: {
      total: job.total,
      sent: job.sent,
      under_way: count('replaying'),
      replayed: count('replayed'),
      failed_again: count('pending') + count('permanent_failure'),
      discarded: count('discarded'),
    },
  };
}
