import { z } from 'zod';
import { deadLetterStatus, failureKind, replayableStatus, replayJobStatus } from './dlq-status.ts';
import { defineRequest } from './request.ts';

const time = z.string();
const id = z.number().int().positive();

/** Which dead letters. Everything given must hold; nothing given means all. */
export const deadLetterFilter = z.object({
  status: deadLetterStatus.optional(),
  actor: z.string().optional(),
  code: z.string().optional(),
  signature: z.string().optional(),
  job_name: z.string().optional(),
  subject: z.string().optional(),
  trace_id: z.string().optional(),
  job_id: z.string().optional(),
  /** In the error message or the payload, in any case of letters. */
  text: z.string().optional(),
  /** Last failed at or after, and before. */
  from: time.optional(),
  to: time.optional(),
  quarantined: z.boolean().optional(),
  /** Why it was discarded: a reason code of the gates, or an operator's words. */
  reason: z.string().optional(),
});
export type DeadLetterFilter = z.infer<typeof deadLetterFilter>;

/** Of a bulk replay. */
export const replayFilter = deadLetterFilter.extend({ status: replayableStatus.default('pending') });
export type ReplayFilter = z.infer<typeof replayFilter>;

export const deadLetterView = z.object({
  id,
  status: deadLetterStatus,
  job_name: z.string().describe("The action's name, or the type of another message"),
  actor: z.string(),
  error_code: z.string(),
  error_kind: failureKind,
  error_message: z.string(),
  error_signature: z.string(),
  subject: z.string(),
  stream: z.string(),
  seq: z.number().int(),
  trace_id: z.string().optional(),
  attempts: z.number().int(),
  first_failure_at: time,
  last_failure_at: time,
  retry_count: z.number().int().describe('Replays that failed again'),
  scheduled_for: time.optional().describe('When the replayer looks at it next: its automatic replay, or no news of one'),
  quarantined: z.boolean().describe('Unparseable: shown as bytes, never replayed by itself or in bulk'),
  created_at: time,
  processed_at: time.optional(),
  reason: z.string().optional(),
  replay: z.number().int().describe('The Techno-Replay of its latest copy'),
  job_id: z.string().optional(),
});
export type DeadLetterView = z.infer<typeof deadLetterView>;

export const deadLetterHistoryView = z.object({
  at: time,
  action: z.string(),
  by: z.string(),
  replay: z.number().int(),
  data: z.record(z.string(), z.unknown()),
});

export const deadLetterDetail = deadLetterView.extend({
  payload: z.unknown().describe('JSON, or base64 where `encoding` says so'),
  encoding: z.enum(['json', 'base64']),
  headers: z.record(z.string(), z.string()),
  error_stack: z.string().optional(),
  links: z.object({ action: z.string().optional(), audit: z.string().optional(), trace: z.string().optional() }),
  history: z.array(deadLetterHistoryView).describe('Every failure, replay, edit and discard, oldest first'),
});
export type DeadLetterDetail = z.infer<typeof deadLetterDetail>;

export const deadLetterGroup = z.object({
  signature: z.string(),
  actor: z.string(),
  error_code: z.string(),
  count: z.number().int(),
  first_seen: time,
  last_seen: time,
  sample: z.object({ id, error_message: z.string(), job_name: z.string(), trace_id: z.string().optional() }),
});
export type DeadLetterGroup = z.infer<typeof deadLetterGroup>;

export const replayJobView = z.object({
  id: z.string(),
  actor: z.string(),
  filter: deadLetterFilter,
  status: replayJobStatus,
  rate_per_second: z.number().int(),
  created_by: z.string(),
  created_at: time,
  finished_at: time.optional(),
  trace_id: z.string().describe('Under which its creation, pauses and end are in the audit trail'),
  progress: z.object({
    total: z.number().int().describe('Matching when the job was made'),
    sent: z.number().int(),
    under_way: z.number().int(),
    replayed: z.number().int(),
    failed_again: z.number().int(),
    discarded: z.number().int(),
  }),
});
export type ReplayJobView = z.infer<typeof replayJobView>;

const page = { before: id.optional(), limit: z.number().int().min(1).max(500) };

export const listDeadLetters = defineRequest({
  service: 'dlq-replayer',
  name: 'dead_letter.list',
  input: z.object({ filter: deadLetterFilter, ...page }),
  output: z.object({ dead_letters: z.array(deadLetterView), next: id.optional() }),
});

export const groupDeadLetters = defineRequest({
  service: 'dlq-replayer',
  name: 'dead_letter.groups',
  input: z.object({ filter: deadLetterFilter, limit: z.number().int().min(1).max(500) }),
  output: z.object({ groups: z.array(deadLetterGroup) }),
});

export const findDeadLetter = defineRequest({
  service: 'dlq-replayer',
  name: 'dead_letter.find',
  input: z.object({ id }),
  output: deadLetterDetail,
});

/** Whole dead letters, as many as one answer holds. Oldest first: `after` goes on. */
export const exportDeadLetters = defineRequest({
  service: 'dlq-replayer',
  name: 'dead_letter.export',
  input: z.object({ filter: deadLetterFilter, after: id.optional(), limit: z.number().int().min(1).max(200) }),
  output: z.object({ dead_letters: z.array(deadLetterDetail.omit({ history: true })), next: id.optional() }),
});

/** Replays one, with `reopen` even what was discarded. `payload` replaces what it held: of an action its payload, of another message its whole body. */
export const replayDeadLetter = defineRequest({
  service: 'dlq-replayer',
  name: 'dead_letter.replay',
  input: z.object({ by: z.string(), id, payload: z.unknown().optional(), edited: z.boolean(), reopen: z.boolean() }),
  output: deadLetterView,
});

export const discardDeadLetters = defineRequest({
  service: 'dlq-replayer',
  name: 'dead_letter.discard',
  input: z.object({
    by: z.string(),
    reason: z.string().min(1),
    id: id.optional(),
    filter: deadLetterFilter.optional(),
    dry_run: z.boolean(),
  }),
  output: z.object({ count: z.number().int() }),
});

/** Deletes what has been dealt with. What is pending or under way is never purged. */
export const purgeDeadLetters = defineRequest({
  service: 'dlq-replayer',
  name: 'dead_letter.purge',
  input: z.object({
    by: z.string(),
    status: z.enum(['replayed', 'discarded', 'permanent_failure']),
    older_than: time,
    dry_run: z.boolean(),
  }),
  output: z.object({ count: z.number().int() }),
});

/** One job for each actor that the filter finds. A dry run only counts. */
export const createReplayJob = defineRequest({
  service: 'dlq-replayer',
  name: 'replay_job.create',
  input: z.object({
    by: z.string(),
    filter: replayFilter,
    rate_per_second: z.number().int().min(1).max(10_000),
    dry_run: z.boolean(),
  }),
  output: z.object({
    count: z.number().int(),
    by_actor: z.array(z.object({ actor: z.string(), count: z.number().int() })),
    jobs: z.array(replayJobView),
  }),
});

export const listReplayJobs = defineRequest({
  service: 'dlq-replayer',
  name: 'replay_job.list',
  input: z.object({ limit: z.number().int().min(1).max(200) }),
  output: z.object({ jobs: z.array(replayJobView) }),
});

export const findReplayJob = defineRequest({
  service: 'dlq-replayer',
  name: 'replay_job.find',
  input: z.object({ id: z.string() }),
  output: replayJobView,
});

export const steerReplayJob = defineRequest({
  service: 'dlq-replayer',
  name: 'replay_job.steer',
  input: z.object({ by: z.string(), id: z.string(), to: z.enum(['paused', 'running', 'cancelled']) }),
  output: replayJobView,
});
