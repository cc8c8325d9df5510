import {
  type ActionRequested,
  authorize,
  type CanonicalEvent,
  decideStep,
  eventsOf,
  explainDecision,
  HEADER,
  stepDecided,
} from '@techno/contracts';
import { envelope, type Transport } from '@techno/actor';
import { type Clock, newW3cTraceId, rfc3339, traceIdFrom } from '@techno/kernel';
import { type Endpoint, endpoint } from '@techno/jetstream';
import type { Tracer } from '@techno/telemetry';
import type { authorizer } from '../authorize.ts';
import type { Decided, Decider } from '../decide.ts';
import { decidedInSpan } from '../decision-span.ts';
import { explainGates } from '../gates/evaluate.ts';
import type { LiveFacts } from '../live-facts.ts';

export interface DecisionRequestDeps {
  readonly decider: Decider;
  readonly facts: LiveFacts;
  readonly authorized: ReturnType<typeof authorizer>;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly onDecided: (decided: Decided) => void;
  readonly logEvents: (events: readonly CanonicalEvent[]) => void;
  readonly tracer: Pick<Tracer, 'isRecorded' | 'start'>;
}

export function decisionRequests({
  decider,
  facts,
  authorized,
  transport,
  clock,
  onDecided,
  logEvents,
  tracer,
}: DecisionRequestDeps): Endpoint[] {
  return [
    endpoint(authorize, async ({ credential, address, permission }) => {
      const { principal, permissions } = authorized(credential, address, permission);
      return { principal, permissions: [...permissions] };
    }),

    endpoint(explainDecision, async ({ credential, address, request, bytes }) => {
      const now = clock.now();
      const message: ActionRequested = {
        trace_id: traceIdFrom(newW3cTraceId(now)),
        origin: 'api',
        credential,
        address,
        request,
        bytes,
        received_at: rfc3339(now),
        replay: 0,
      };
      const explained = explainGates({ request: message, facts: await decider.gather(message, { count: false }), now });
      const identity = facts.identity(credential);
      return {
        decision: explained.outcome,
        policy_revision: facts.policy()?.revision ?? 0,
        principal: identity && { id: identity.id, kind: identity.kind, role: identity.role },
        executor: explained.executor,
        gates: explained.gates.map(({ gate, verdict, reason_codes, message: why }) => ({
          gate,
          verdict,
          reason_code: reason_codes[0],
          message: why || undefined,
        })),
      };
    }),

    // The principal was recognised when the composite was decided; whether it is good now is asked again here.
    endpoint(decideStep, async ({ trace_id, parent_decision_id, step, request, principal, replay, traceparent }) => {
      const now = clock.now();
      const message: ActionRequested = {
        trace_id,
        origin: 'api',
        credential: { kind: 'delegate', by: `step:${trace_id}/${step}`, owner: principal.id },
        address: '',
        request,
        bytes: Buffer.byteLength(JSON.stringify(request.payload ?? null)),
        received_at: rfc3339(now),
        replay,
      };
      const identity = facts.identityById(principal.id);
      // Which address the caller had was judged once; a step has none of its own.
      const options = { identity: identity && { ...identity, allowedAddresses: [] }, recordAs: `${trace_id}/${step}` };
      const decided = await decidedInSpan(
        tracer,
        { name: `answer ${decideStep.name}`, kind: 'server', parent: traceparent },
        (seenAt) => decider.decide(message, { ...options, traceparent: seenAt }),
      );
      onDecided(decided);
      const { body } = decided;
      const news = {
        trace_id,
        step,
        action: request.action,
        context_id: request.context_id,
        principal,
        decision: body.decision,
        outcome: decided.outcome,
        executor: decided.outcome === 'ALLOW' ? decided.body.allow.executor : undefined,
        gate: decided.outcome === 'DENY' ? decided.body.gate : undefined,
        reason_codes: decided.outcome === 'DENY' ? decided.body.reason_codes : undefined,
        replay,
      };
      logEvents(eventsOf['action.step_decided'](news));
      const message_ = envelope(stepDecided, news, {
        causeId: `${parent_decision_id}.${step}`,
        source: 'gate-engine',
        traceparent,
        now: rfc3339(now),
        ...(replay > 0 ? { carried: { [HEADER.replay]: String(replay) } } : {}),
      });
      await transport.publish({ ...message_, id: `${message_.id}.${body.decision.decision_id}` });
      if (decided.outcome === 'ALLOW')
        return { outcome: 'ALLOW' as const, decision: decided.body.decision, allow: decided.body.allow };
      const { decision, gate, reason_codes, message: why } = decided.body;
      return { outcome: 'DENY' as const, decision, gate, reason_codes, message: why };
    }),
  ];
}
