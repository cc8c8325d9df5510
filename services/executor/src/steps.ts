import { type AllowKeys, type CanonicalEvent, decideStep, eventsOf, type PolicyDocument, stepEnded } from '@techno/contracts';
import { type Bus, request } from '@techno/jetstream';
import { TerminalError } from '@techno/kernel';
import type { RunStep, StepOutcome } from './executors/composite-executor.ts';
import { type Carrier, type Executor, seen } from './executors/executor.ts';
import { type Outcome, perform, type PerformDeps } from './perform.ts';
import { assertAllowed } from './verify.ts';
import type { PolicyRevisions } from './policies.ts';

export const COMPOSITE = 'composite_executor_v1';

export interface StepDeps extends PerformDeps {
  readonly bus: Bus;
  readonly executors: () => ReadonlyMap<string, Executor>;
  readonly policies: PolicyRevisions;
  readonly allowKeys: AllowKeys;
  readonly logEvents: (events: readonly CanonicalEvent[]) => void;
}

/** OpenTelemetry's names for remote calls. */
const ASK = {
  name: `ask ${decideStep.name}`,
  attributes: { 'rpc.system': 'nats', 'rpc.service': decideStep.service, 'rpc.method': decideStep.name },
};

/** A step is an action of its own: it asks the gates, is fenced, executed, validated and recorded like any other. */
export function stepRunner(deps: StepDeps): RunStep {
  return async (step, signal, call): Promise<StepOutcome> => {
    const { carrier } = call;
    const asked = { action: step.action, context_id: call.contextId, payload: step.payload };
    const decided = await seen(call, ASK, (span) =>
      request(deps.bus, decideStep, {
        trace_id: call.traceId,
        parent_decision_id: call.decisionId,
        step: step.id,
        request: asked,
        principal: call.principal,
        replay: carrier.replay,
        traceparent: span?.traceparent ?? carrier.traceparent,
      }),
    );
    if (decided.outcome === 'DENY') return { status: 'DENIED', gate: decided.gate, reason_codes: decided.reason_codes };
    const { decision, allow } = decided;
    assertAllowed(
      { traceId: call.traceId, request: asked, principal: call.principal, decision, allow },
      deps.allowKeys,
      deps.clock.now(),
    );
    const policy: PolicyDocument = await deps.policies.at(decision.policy_revision);
    const spec = policy.actions[step.action];
    if (spec === undefined) throw new TerminalError('ACTION_UNKNOWN', `the policy has no action '${step.action}'`);
    if (allow.executor === COMPOSITE) throw new TerminalError('COMPOSITE_INVALID', 'a step cannot be a composite itself');
    const outcome = await perform(
      {
        ...call,
        step: step.id,
        decisionId: decision.decision_id,
        action: step.action,
        payload: step.payload,
        policy,
        policyRevision: decision.policy_revision,
        spec,
        executors: [allow.executor, ...allow.fallbacks].flatMap((name) => deps.executors().get(name) ?? []),
        signal,
      },
      deps,
    );
    record(call.traceId, step.id, decision.decision_id, outcome, carrier, deps);
    if (outcome.status === 'COMPLETED') return { status: 'COMPLETED', result: outcome.result, executor_id: outcome.executor_id };
    return {
      status: outcome.status,
      error: outcome.error ?? { code: 'UNEXPECTED', message: 'no cause was recorded', class: 'internal' },
    };
  };
}

function record(traceId: string, step: string, decisionId: string, outcome: Outcome, carrier: Carrier, deps: StepDeps): void {
  const { status, executor_id, attempt, started_at, finished_at, execution_time_ms, error } = outcome;
  const body = {
    trace_id: traceId,
    step,
    decision_id: decisionId,
    executor_id,
    attempt,
    started_at,
    finished_at,
    execution_time_ms,
    status,
    error: error && { code: error.code, class: error.class },
  };
  deps.logEvents(eventsOf['action.step_ended'](body));
  carrier.publish(stepEnded, body);
}
