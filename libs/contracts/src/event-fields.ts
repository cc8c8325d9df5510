import type { CanonicalEventName } from './canonical-events.ts';
import type { Field, FieldType } from './log-fields.ts';

export interface EventDoc {
  readonly layer: 'http' | 'gate' | 'executor';
  readonly says: string;
  /** The service that logs it. */
  readonly by: string;
  /** Fields of `data`. Those it always has, and those it has when there is something to say. */
  readonly always: Readonly<Record<string, Field>>;
  readonly sometimes: Readonly<Record<string, Field>>;
}

const field = (type: FieldType, says: string): Field => ({ type, says });

const decisionId = field('string', 'The recorded decision this is about');
const attempt = field('integer', 'Attempts of the execution so far, this one included');
const executorId = field('string', 'Which executor, and by which method where it has several');
const step = field('string', 'Id of the step, where it is one of a composite');
const replay = field('integer', 'Operator replays so far; 0: as it first came');
const executionTime = field('number', 'Milliseconds the run took');
const ran = { decision_id: decisionId, executor_id: executorId, attempt };

/** Runs of the scheduler end in the same events as actions. */
const run: Readonly<Record<string, Field>> = {
  run_id: field('string', 'A run of a schedule, instead of an action'),
  schedule_id: field('string', 'The schedule it was a run of'),
  job_name: field('string', 'Its job'),
  trigger: field('string', '`tick`, or why it was run otherwise'),
  scheduled_at: field('time', 'Nominal time of the occurrence'),
  runtime_seconds: field('number', 'How long it ran'),
  status: field('string', 'How it ended'),
  code: field('string', 'Of docs/ERRORS.md, where it failed'),
  reason: field('string', 'Why it was skipped or missed'),
};

/** The eleven, in three layers, field by field: docs/EVENTS.md is made of this, and real lines are held against it. */
export const EVENT_DOCS: Readonly<Record<CanonicalEventName, EventDoc>> = {
  REQUEST_START: {
    layer: 'http',
    says: 'A request for action was accepted: it is committed, and will be driven to its end whatever happens.',
    by: 'gateway, scheduler',
    always: {
      origin: field('string', '`api`, `webhook` or `schedule`'),
      action: field('string', 'What is asked for'),
      context_id: field('string', 'In which context'),
      credential: field('string', 'Kind of credential; never the credential'),
      bytes: field('integer', 'Size of the body'),
      replay,
    },
    sometimes: {},
  },
  REQUEST_END: {
    layer: 'http',
    says: 'The caller was answered. 202: the action was not done in time, or nobody waited.',
    by: 'gateway',
    always: { status: field('integer', 'HTTP status'), duration_ms: field('integer', 'From the first byte to the answer') },
    sometimes: {},
  },
  GATE_EVALUATED: {
    layer: 'gate',
    says: 'The gates were asked, in their order, until one did not let it pass.',
    by: 'gate-engine',
    always: {
      decision_id: decisionId,
      verdict: field('string', '`pass`, `deny` or `error` (a gate threw, which denies)'),
      gates: field('micros', 'Microseconds of each gate that was asked'),
    },
    sometimes: { gate: field('string', 'The one that did not let it pass'), step },
  },
  DECISION: {
    layer: 'gate',
    says: 'The decision, as it is recorded. Nothing runs without a recorded ALLOW.',
    by: 'gate-engine',
    always: {
      decision: field('string', '`ALLOW` or `DENY`'),
      decision_id: decisionId,
      policy_revision: field('integer', 'The policy it was made under'),
      input_hash: field('string', 'SHA-256 of what was asked; an ALLOW is good for exactly this'),
      action: field('string', 'What was asked for'),
      context_id: field('string', 'In which context'),
      replay,
    },
    sometimes: {
      principal: field('string', 'Id of who asked, where somebody was recognised'),
      role: field('string', 'Role of who asked'),
      executor: field('string', 'Who may run it'),
      expires_at: field('time', 'End of the ALLOW'),
      gate: field('string', 'The one that denied'),
      reason_codes: field('strings', 'Why it was denied'),
      step,
    },
  },
  EXECUTOR_SELECTED: {
    layer: 'executor',
    says: 'An executor took it, after it had verified the ALLOW.',
    by: 'executor',
    always: ran,
    sometimes: { step },
  },
  ACTION_STARTED: {
    layer: 'executor',
    says: 'The attempt whose outcome follows was begun.',
    by: 'executor',
    always: ran,
    sometimes: { step },
  },
  ACTION_EXECUTED: {
    layer: 'executor',
    says: 'It was done. Also: a run of a schedule completed.',
    by: 'executor, scheduler',
    always: {},
    sometimes: { ...ran, execution_time_ms: executionTime, step, ...run },
  },
  ACTION_FAILED: {
    layer: 'executor',
    says: 'It failed for good, or nobody can say whether it had its effect (UNKNOWN). Also: a run of a schedule did not complete.',
    by: 'executor, scheduler',
    always: {},
    sometimes: {
      ...ran,
      class: field('string', '`input`, `upstream`, `timeout`, `result` or `internal`'),
      execution_time_ms: executionTime,
      step,
      ...run,
    },
  },
  RESULT_VALIDATED: {
    layer: 'executor',
    says: 'The result matched the schema that the policy declares for the action.',
    by: 'executor',
    always: { executor_id: executorId, attempt, valid: field('boolean', 'Always true: what is not valid is a failure') },
    sometimes: { step },
  },
  NOTIFICATION_SETTLED: {
    layer: 'executor',
    says: 'One delivery to one recipient ended.',
    by: 'notifier',
    always: {
      notification_id: field('string', 'The notification'),
      delivery_id: field('string', 'Its delivery to this recipient'),
      status: field('string', 'How it ended'),
      attempts: field('integer', 'Calls to providers'),
      fallbacks: field('integer', 'Channels that were given up before'),
    },
    sometimes: {
      channel: field('string', 'The channel it ended on'),
      provider: field('string', 'The provider that took it'),
      code: field('string', 'Why it did not arrive'),
    },
  },
  DEAD_LETTERED: {
    layer: 'executor',
    says: 'A message was given up and went to the dead letters; or something was done about one there.',
    by: 'dlq-replayer',
    always: {},
    sometimes: {
      actor: field('string', 'The actor that gave it up'),
      subject: field('string', 'Where the message had been published'),
      code: field('string', 'Of docs/ERRORS.md'),
      attempts: field('integer', 'How often it was tried'),
      act_id: field('integer', 'Number of what was done'),
      action: field('string', 'What was done: `replay_requested`, `replayed`, `discarded`, …'),
      by: field('string', 'Id of who did it, or `policy`, `gates`, `retention`'),
      dead_letter_id: field('integer', 'The dead letter'),
      job_id: field('string', 'The bulk replay it was part of'),
      replay,
      count: field('integer', 'How many, where it was done to many'),
    },
  },
};
