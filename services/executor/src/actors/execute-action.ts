import { type Actor, defineActor, type HandlerContext } from '@techno/actor';
import {
  type ActionAllowed,
  actionAllowed,
  type ActionCompleted,
  actionCompleted,
  type ActionFailed,
  actionFailed,
  type AllowKeys,
  type CanonicalEvent,
  eventsOf,
  narrowed,
} from '@techno/contracts';
import { type Clock, SECOND, TerminalError } from '@techno/kernel';
import type { Executor } from '../executors/executor.ts';
import { concludeLost, type Outcome, perform, type PerformDeps } from '../perform.ts';
import type { PolicyRevisions } from '../policies.ts';
import { assertAllowed, isAllowFailure } from '../verify.ts';

export interface ExecuteActionDeps extends PerformDeps {
  readonly executors: ReadonlyMap<string, Executor>;
  readonly policies: PolicyRevisions;
  readonly allowKeys: AllowKeys;
  readonly clock: Clock;
  readonly onResult: (status: Outcome['status']) => void;
  readonly logEvents: (events: readonly CanonicalEvent[]) => void;
}

/** Where the policy's own delays are not at hand yet. */
const DEFAULT_DELAYS_MS = [1 * SECOND, 5 * SECOND, 15 * SECOND];

/** Runs what was allowed for one executor: verify, fence, run, validate, record, tell. */
export const executeAction = (
  executor: Executor,
  options: { concurrency: number; pausedUntil?: (() => number | undefined) | undefined },
  deps: ExecuteActionDeps,
): Actor<ActionAllowed> =>
  defineActor<ActionAllowed>({
    name: `execute-${executor.name}`,
    receives: narrowed(actionAllowed, `action.allowed.${executor.name}`),
    concurrency: options.concurrency,
    leaseMs: 15 * SECOND,
    retryDelaysMs: DEFAULT_DELAYS_MS,
    retryDelaysOf: (message) =>
      deps.policies.cached(message.decision.policy_revision)?.actions[message.request.action]?.retryDelaysMs ?? DEFAULT_DELAYS_MS,
    pausedUntil: options.pausedUntil,

    async handle(message, context) {
      const { trace_id, request, decision, allow, principal } = message;
      assertAllowed({ traceId: trace_id, request, principal, decision, allow }, deps.allowKeys, deps.clock.now());
      const policy = await deps.policies.at(decision.policy_revision);
      const spec = policy.actions[request.action];
      if (spec === undefined)
        throw new TerminalError(
          'ACTION_UNKNOWN',
          `policy revision ${decision.policy_revision} has no action '${request.action}'`,
        );
      const outcome = await perform(
        {
          traceId: trace_id,
          step: '',
          decisionId: decision.decision_id,
          action: request.action,
          contextId: request.context_id,
          payload: request.payload,
          principal,
          policy,
          policyRevision: decision.policy_revision,
          spec,
          executors: [allow.executor, ...allow.fallbacks].map((name) => named(name, deps.executors)),
          carrier: {
            publish: context.publish,
            traceparent: context.traceparent,
            replay: message.replay,
            attempt: context.attempt,
            lastAttempt: context.lastAttempt,
          },
          signal: context.signal,
        },
        deps,
      );
      tell(message, outcome, context, deps);
    },

    async onDeadLetter(message, failure, context) {
      if (isAllowFailure(failure.code)) return;
      const { trace_id: traceId, decision, allow } = message;
      const outcome = await concludeLost(
        { traceId, step: '', decisionId: decision.decision_id, executor: allow.executor },
        failure,
        deps,
      );
      tell(message, outcome, context, deps);
    },
  });

function named(name: string, executors: ReadonlyMap<string, Executor>): Executor {
  const found = executors.get(name);
  if (found === undefined) throw new TerminalError('EXECUTOR_UNKNOWN', `there is no executor '${name}' here`);
  return found;
}

function tell(message: ActionAllowed, outcome: Outcome, context: HandlerContext, deps: ExecuteActionDeps): void {
  deps.onResult(outcome.status);
  const { executor_id, attempt, started_at, finished_at, execution_time_ms } = outcome;
  const ended = {
    trace_id: message.trace_id,
    decision_id: message.decision.decision_id,
    action: message.request.action,
    executor_id,
    attempt,
    started_at,
    finished_at,
    execution_time_ms,
    replay: message.replay,
  };
  if (outcome.status === 'COMPLETED') {
    const body: ActionCompleted = { ...ended, result: outcome.result };
    deps.logEvents(eventsOf['action.completed'](body));
    context.conclude(actionCompleted, body);
    return;
  }
  const body: ActionFailed = {
    ...ended,
    status: outcome.status,
    error: outcome.error ?? { code: 'UNEXPECTED', message: 'no cause was recorded', class: 'internal' },
    partial: outcome.partial,
  };
  deps.logEvents(eventsOf['action.failed'](body));
  context.conclude(actionFailed, body);
}
