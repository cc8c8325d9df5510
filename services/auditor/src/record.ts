import type { Received } from '@techno/actor';
import {
  type ActionAllowed,
  type ActionAnswered,
  type ActionCompleted,
  type ActionDenied,
  type ActionFailed,
  type ActionRequested,
  type CanonicalEvent,
  type DeadLetter,
  type DeadLetterActed,
  eventsOf,
  HEADER,
  type JobFinished,
  type NotificationNews,
  type StepDecided,
  type StepEnded,
} from '@techno/contracts';
import type { ActionPatch, AuditEntry } from '@techno/storage';

/** What one message adds to the record: rows of the trail, and what it changes in the read model. */
export interface Recorded {
  readonly entries: readonly AuditEntry[];
  readonly patches: readonly ActionPatch[];
}

type Recorder<Body> = (body: Body) => Recorded;

/** One trail row for one message. `key` names what happened, not the message: told twice, it is still written once. */
function row(traceId: string, key: string, events: readonly CanonicalEvent[]): AuditEntry {
  return { traceId, key, events };
}

const requested: Recorder<ActionRequested> = (body) => ({
  entries: [row(body.trace_id, `requested:${body.replay}`, eventsOf['action.requested'](body))],
  patches: [
    {
      traceId: body.trace_id,
      status: 'ACCEPTED',
      replay: body.replay,
      action: body.request.action,
      contextId: body.request.context_id,
      origin: body.origin,
      receivedAt: body.received_at,
    },
  ],
});

const allowed: Recorder<ActionAllowed> = (body) => ({
  entries: [
    row(body.trace_id, `decided:${body.decision.decision_id}@${body.decision.decided_at}`, eventsOf['action.allowed'](body)),
  ],
  patches: [
    {
      traceId: body.trace_id,
      status: 'ALLOWED',
      replay: body.replay,
      action: body.request.action,
      contextId: body.request.context_id,
      principal: body.principal.id,
      decisionId: body.decision.decision_id,
      receivedAt: body.received_at,
      decidedAt: body.decision.decided_at,
    },
  ],
});

const denied: Recorder<ActionDenied> = (body) => ({
  entries: [
    row(body.trace_id, `decided:${body.decision.decision_id}@${body.decision.decided_at}`, eventsOf['action.denied'](body)),
  ],
  patches: [
    {
      traceId: body.trace_id,
      status: 'DENIED',
      replay: body.replay,
      action: body.action,
      contextId: body.context_id,
      principal: body.principal?.id,
      decisionId: body.decision.decision_id,
      gate: body.gate,
      reasonCodes: body.reason_codes,
      receivedAt: body.received_at,
      decidedAt: body.decision.decided_at,
      finishedAt: body.decision.decided_at,
    },
  ],
});

const completed: Recorder<ActionCompleted> = (body) => ({
  entries: [row(body.trace_id, `ended:${body.decision_id}:${body.attempt}`, eventsOf['action.completed'](body))],
  patches: [
    {
      traceId: body.trace_id,
      status: 'COMPLETED',
      replay: body.replay,
      action: body.action,
      decisionId: body.decision_id,
      executorId: body.executor_id,
      result: body.result,
      finishedAt: body.finished_at,
      executionTimeMs: body.execution_time_ms,
    },
  ],
});

const failed: Recorder<ActionFailed> = (body) => ({
  entries: [row(body.trace_id, `ended:${body.decision_id}:${body.attempt}`, eventsOf['action.failed'](body))],
  patches: [
    {
      traceId: body.trace_id,
      status: body.status,
      replay: body.replay,
      action: body.action,
      decisionId: body.decision_id,
      executorId: body.executor_id,
      error: body.partial === undefined ? body.error : { ...body.error, partial: body.partial },
      finishedAt: body.finished_at,
      executionTimeMs: body.execution_time_ms,
    },
  ],
});

const answered: Recorder<ActionAnswered> = (body) => ({
  entries: eventsOf['action.answered'](body).map((event) => row(event.trace_id, `answered:${event.at}`, [event])),
  patches: [],
});

const stepDecided: Recorder<StepDecided> = (body) => ({
  entries: [
    row(body.trace_id, `decided:${body.decision.decision_id}@${body.decision.decided_at}`, eventsOf['action.step_decided'](body)),
  ],
  patches: [],
});

const stepEnded: Recorder<StepEnded> = (body) => ({
  entries: [row(body.trace_id, `ended:${body.decision_id}:${body.step}:${body.attempt}`, eventsOf['action.step_ended'](body))],
  patches: [],
});

const deadLettered: Recorder<DeadLetter> = (body) => {
  if (body.trace_id === undefined) return { entries: [], patches: [] };
  const replay = Number(body.headers[HEADER.replay] ?? 0) || 0;
  return {
    entries: [row(body.trace_id, `dead:${body.actor}:${replay}`, eventsOf.dead_letter(body))],
    patches: [
      {
        traceId: body.trace_id,
        status: 'DEAD_LETTERED',
        replay,
        error: { code: body.error.code, message: body.error.message, actor: body.actor },
        finishedAt: body.last_failure_at,
      },
    ],
  };
};

/** Who replayed, edited or discarded what. The action itself moves by what its replay leads to. */
const deadLetterActed: Recorder<DeadLetterActed> = (body) => ({
  entries: eventsOf['dead_letter.acted'](body).map((event) =>
    row(event.trace_id, `acted:${String(event.data['act_id'])}`, [event]),
  ),
  patches: [],
});

const notificationEnded =
  (type: 'notification.delivered' | 'notification.failed'): Recorder<NotificationNews> =>
  (body) => ({
    entries: [row(body.trace_id, `notified:${body.delivery_id}`, eventsOf[type](body))],
    patches: [],
  });

/** Runs of which no action of the same trace tells. */
const jobFinished: Recorder<JobFinished> = (body) => ({
  entries: eventsOf['job.finished'](body).map((event) =>
    row(event.trace_id, `job:${String(event.data['run_id'])}:${String(event.data['status'])}`, [event]),
  ),
  patches: [],
});

const RECORDERS: Readonly<Record<string, Recorder<never>>> = {
  'action.requested': requested as Recorder<never>,
  'action.allowed': allowed as Recorder<never>,
  'action.denied': denied as Recorder<never>,
  'action.completed': completed as Recorder<never>,
  'action.failed': failed as Recorder<never>,
  'action.answered': answered as Recorder<never>,
  'action.step_decided': stepDecided as Recorder<never>,
  'action.step_ended': stepEnded as Recorder<never>,
  'notification.delivered': notificationEnded('notification.delivered') as Recorder<never>,
  'notification.failed': notificationEnded('notification.failed') as Recorder<never>,
  'job.finished': jobFinished as Recorder<never>,
  dead_letter: deadLettered as Recorder<never>,
  'dead_letter.acted': deadLetterActed as Recorder<never>,
};

/** Reads one received message. Its type was checked against the contracts the actor receives. */
export function recordOf(received: Received): Recorded {
  const recorder = RECORDERS[received.type];
  if (recorder === undefined) throw new Error(`no recorder for ${received.type}`);
  return recorder(received.body as never);
}
