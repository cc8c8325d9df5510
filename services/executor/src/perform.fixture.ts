import type { Effect } from '@techno/contracts';
import { newW3cTraceId, systemClock, traceIdFrom } from '@techno/kernel';
import { createExecutions, type Database, type Executions } from '@techno/storage';
import { callOf } from './executors/call.fixture.ts';
import type { Executor, ExecutorCall, ExecutorOutput } from './executors/executor.ts';
import { resultValidator } from './executors/validate-result.ts';
import type { Outcome, PerformDeps, Work } from './perform.ts';

type Behaviour = (call: ExecutorCall) => Promise<ExecutorOutput>;

/** An executor that does what the test says, call after call; the last behaviour repeats. */
export function scripted(effect: Effect, ...behaviours: Behaviour[]): Executor & { readonly calls: ExecutorCall[] } {
  const calls: ExecutorCall[] = [];
  return {
    name: `${effect}_executor_v1`,
    effect: () => effect,
    calls,
    execute(call) {
      calls.push(call);
      const behaviour = behaviours[Math.min(calls.length, behaviours.length) - 1];
      if (behaviour === undefined) throw new Error('the test gave it nothing to do');
      return behaviour(call);
    },
  };
}

export const succeed: Behaviour = async ({ attempt }) => ({ result: { ok: attempt } });
export const fail =
  (error: Error): Behaviour =>
  async () => {
    throw error;
  };

/** Waits for its signal, as an executor that waits for an upstream does. */
export const hang =
  (end: (signal: AbortSignal) => Error): Behaviour =>
  ({ signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(end(signal)), { once: true });
      if (signal.aborted) reject(end(signal));
    });

/** A call that the test lets go on when it wants. */
export function held(): { behaviour: Behaviour; entered: Promise<void>; release: (act: Behaviour) => void } {
  const entered = Promise.withResolvers<void>();
  const released = Promise.withResolvers<Behaviour>();
  return {
    entered: entered.promise,
    release: released.resolve,
    async behaviour(call) {
      entered.resolve();
      const act = await released.promise;
      return act(call);
    },
  };
}

/** Work of an action whose result must be an object with `ok`. */
export function workOf(executors: readonly Executor[], more: Partial<Work> & { timeoutMs?: number } = {}): Work {
  const { timeoutMs = 30_000, ...work } = more;
  const result = { type: 'object', required: ['ok'] };
  const call = callOf({ text: 'hello' }, { result, timeoutMs });
  return {
    ...call,
    traceId: traceIdFrom(newW3cTraceId(Date.now())),
    policyRevision: 1,
    executors,
    ...work,
  };
}

export interface PerformWorld {
  readonly deps: PerformDeps;
  readonly executions: Executions<Outcome>;
  /** Executors in the order in which they were called. */
  readonly called: string[];
  row(work: Pick<Work, 'traceId'>): Promise<Record<string, unknown> | undefined>;
  /** As if the time of every lease on this action were over. */
  expireLease(work: Pick<Work, 'traceId'>): Promise<void>;
}

export function performWorld(database: Database): PerformWorld {
  const executions = createExecutions<Outcome>(database);
  const called: string[] = [];
  return {
    executions,
    called,
    deps: { executions, validator: resultValidator(), clock: systemClock, onCall: (executor) => called.push(executor) },
    async row({ traceId }) {
      const [row] = await database.query<Record<string, unknown>>(
        { name: 'test-row', text: 'select state, attempt, effect, decision_id, outcome from executions where trace_id = $1' },
        [traceId],
      );
      return row;
    },
    async expireLease({ traceId }) {
      await database.query(
        {
          name: 'test-expire',
          text: `update executions set leased_until = now() - interval '1 second' where trace_id = $1 and state = 'started'`,
        },
        [traceId],
      );
    },
  };
}
