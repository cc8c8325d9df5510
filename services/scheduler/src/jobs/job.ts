import type { ActorLog } from '@techno/actor';
import type { NotificationRequestInput } from '@techno/contracts';

/** Somebody is to be told something. */
export interface Notice {
  /** Becomes the notification's id, `ntf_<key>`: the same key again is the same notification, which goes out once. */
  readonly key: string;
  /** On whose behalf: a principal's id, who may then read the notification. */
  readonly principal: string;
  readonly contextId: string;
  readonly request: NotificationRequestInput;
}

/** What one run of a job is given. */
export interface JobRun {
  /** The time it was due. A repeated or late run has the same one. */
  readonly nominalAt: Date;
  readonly now: Date;
  readonly traceId: string;
  /** Aborted when the process must stop: what is unfinished is run again. */
  readonly signal: AbortSignal;
  readonly log: ActorLog;
  /** Resolves when the bus has stored all of them. Throws TemporaryError NATS_UNAVAILABLE: then some may be stored. */
  notify(notices: readonly Notice[]): Promise<void>;
}

/** What a run did, in numbers: kept in `worker_job_events.payload`. */
export type JobReport = Readonly<Record<string, number>>;

/**
 * Work of the system itself that comes round. It may be run twice for one time (a process died, a message came again), so what
 * it does must be the same done twice. What it throws is retried, then dead-lettered with its occurrence.
 */
export interface Job {
  /** In lower case with dashes; a label of metrics. */
  readonly name: string;
  readonly everyMs: number;
  run(run: JobRun): Promise<JobReport>;
}
