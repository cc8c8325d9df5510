import { type Actor, defineActor } from '@techno/actor';
import {
  actionAllowed,
  actionDenied,
  type ActionRequested,
  actionRequested,
  eventsOf,
  type CanonicalEvent,
} from '@techno/contracts';
import { SECOND } from '@techno/kernel';
import type { Tracer } from '@techno/telemetry';
import type { Decided, Decider } from '../decide.ts';
import { decidedInSpan } from '../decision-span.ts';

export interface DecideActionDeps {
  readonly decider: Decider;
  readonly onDecided: (decided: Decided) => void;
  readonly logEvents: (events: readonly CanonicalEvent[]) => void;
  readonly tracer: Pick<Tracer, 'isRecorded' | 'start'>;
  /** While the record is away nothing is decided, so nothing is taken in. */
  readonly pausedUntil: () => number | undefined;
}

/** Every request for action, from whatever entrance, becomes exactly one recorded decision. */
export const decideAction = ({ decider, onDecided, logEvents, tracer, pausedUntil }: DecideActionDeps): Actor<ActionRequested> =>
  defineActor<ActionRequested>({
    name: 'decide-action',
    receives: actionRequested,
    concurrency: 256,
    leaseMs: 10 * SECOND,
    retryDelaysMs: [1, 2, 5, 15].map((seconds) => seconds * SECOND),
    pausedUntil,
    async handle(message, context) {
      const decided = await decidedInSpan(
        tracer,
        { name: 'ask the gates', kind: 'internal', parent: context.traceparent },
        (traceparent) => decider.decide(message, { traceparent }),
      );
      onDecided(decided);
      if (decided.outcome === 'ALLOW') {
        logEvents(eventsOf['action.allowed'](decided.body));
        context.publish(actionAllowed, decided.body);
      } else {
        logEvents(eventsOf['action.denied'](decided.body));
        if (decided.evaluation.outcome === 'DENY' && decided.evaluation.error !== undefined) {
          context.log.error({ gate: decided.body.gate, err: decided.evaluation.error, trace_id: message.trace_id }, 'gate.error');
        }
        context.conclude(actionDenied, decided.body);
      }
    },
  });
