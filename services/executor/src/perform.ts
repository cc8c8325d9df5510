import type { ActionSpec, Effect, FailureClass, PolicyDocument, Principal } from '@techno/contracts';
import { type Clock, errorCode, errorMessage, rfc3339, SECOND, TemporaryError, TerminalError } from '@techno/kernel';
import type { Execution, Executions } from '@techno/storage';
import type { Tracer } from '@techno/telemetry';
import { failureClassOf } from './executors/codes.ts';
import { CompositeFailure } from './executors/composite-executor.ts';
import { type Carrier, EffectUnclearError, type Executor, type ExecutorOutput } from './executors/executor.ts';
import type { ResultValidator } from './executors/validate-result.ts';
import { onAbort } from './on-abort.ts';
import { clientSpans, inSpan } from './run-span.ts';

/** How an execution ended, as it is recorded and published. */
export interface Outcome {
  readonly status: 'COMPLETED' | 'FAILED' | 'UNKNOWN';
  readonly executor_id: string;
  readonly attempt: number;
  readonly started_at: string;
  readonly finished_at: string;
  readonly execution_time_ms: number;
  readonly result?: unknown;
  readonly error?: { code: string; message: string; class: FailureClass } | undefined;
  readonly partial?: unknown;
}

export interface Work {
  readonly traceId: string;
  /** '' for the action itself. */
  readonly step: string;
  readonly decisionId: string;
  readonly action: string;
  readonly contextId: string;
  readonly payload: unknown;
  readonly principal: Principal;
  readonly policy: PolicyDocument;
  readonly policyRevision: number;
  readonly spec: ActionSpec;
  /** In order: the later ones when an earlier one cannot. */
  readonly executors: readonly Executor[];
  readonly carrier: Carrier;
  readonly signal: AbortSignal;
}

export interface PerformDeps {
  readonly executions: Executions<Outcome>;
  readonly validator: ResultValidator;
  readonly clock: Clock;
  readonly onCall: (executor: string) => void;
  /** Shows each run of an executor in its trace. */
  readonly tracer?: Pick<Tracer, 'isRecorded' | 'start'>;
}

/**
 * Runs work inside its fence. Returns the one outcome on record, whether this attempt made it or another did. Throws a
 * TemporaryError where it should be tried again, with the record left so that it may be.
 */
export async function perform(work: Work, deps: PerformDeps): Promise<Outcome> {
  const effect = strongestEffect(work);
  const claimed = await claim(work, effect, deps);
  if ('outcome' in claimed) return claimed.outcome;
  const { attempt } = claimed;
  const startedAt = deps.clock.now();
  const startedMs = performance.now();
  const close = (
    state: 'completed' | 'failed' | 'unknown' | 'retryable',
    rest: Pick<Outcome, 'status' | 'executor_id'> & Partial<Outcome>,
  ) => {
    const outcome: Outcome = {
      attempt,
      started_at: rfc3339(startedAt),
      finished_at: rfc3339(deps.clock.now()),
      execution_time_ms: Math.round((performance.now() - startedMs) * 100) / 100,
      ...rest,
    };
    return finish(work, effect, state, outcome, deps);
  };

  const ran = await holding(work, effect, attempt, deps, () => runInOrder(work, attempt, deps));
  if ('output' in ran) {
    return close('completed', {
      status: 'COMPLETED',
      executor_id: ran.output.executorId ?? ran.executor,
      result: ran.output.result ?? null,
    });
  }
  const { error, executor } = ran;
  const failure = { code: errorCode(error), message: errorMessage(error), class: failureClassOf(error) };
  if (error instanceof EffectUnclearError) return close('unknown', { status: 'UNKNOWN', executor_id: executor, error: failure });
  if (error instanceof TerminalError) {
    const partial = error instanceof CompositeFailure ? error.partial : undefined;
    return close('failed', { status: 'FAILED', executor_id: executor, error: failure, partial });
  }
  const free = error instanceof TemporaryError && !error.spendsAttempt;
  if (work.carrier.lastAttempt && !free && !work.signal.aborted)
    await close('failed', { status: 'FAILED', executor_id: executor, error: failure });
  else if (effect !== 'none' && !work.signal.aborted)
    await close('retryable', { status: 'FAILED', executor_id: executor, error: failure });
  throw error;
}

/** What is on record for work that will not be tried again; recorded now if nothing was. */
export async function concludeLost(
  work: { traceId: string; step: string; decisionId: string; executor: string },
  failure: { code: string; message: string },
  deps: Pick<PerformDeps, 'executions' | 'clock'>,
): Promise<Outcome> {
  const { executions, clock } = deps;
  const standing = await executions.find(work);
  if (standing?.outcome !== undefined && isEnded(standing)) return standing.outcome;
  const now = clock.now();
  // A start without an outcome means that the effect may have happened, unless its upstream would not do it twice.
  const inDoubt = standing?.state === 'started';
  const attempt = standing?.attempt ?? 1;
  const outcome: Outcome = {
    status: inDoubt ? 'UNKNOWN' : 'FAILED',
    executor_id: work.executor,
    attempt,
    started_at: rfc3339(now),
    finished_at: rfc3339(now),
    execution_time_ms: 0,
    error: { ...failure, class: failureClassOf(failure) },
  };
  const written = await executions.finish({
    ...work,
    // The fence is the one of the start, under whatever decision this came to be asked.
    decisionId: inDoubt ? standing.decisionId : work.decisionId,
    effect: inDoubt ? 'keyed' : 'none',
    attempt,
    state: inDoubt ? 'unknown' : 'failed',
    startedAt: new Date(now),
    finishedAt: new Date(now),
    outcome,
  });
  return written.kind === 'superseded' && written.execution.outcome !== undefined ? written.execution.outcome : outcome;
}

/** Of a fenced attempt; as long as the actor's own, so that a redelivery finds a dead attempt's lease over. */
const LEASE_MS = 15 * SECOND;

const STRENGTH: Record<Effect, number> = { none: 0, keyed: 1, unkeyed: 2 };

function strongestEffect({ executors, spec }: Work): Effect {
  return executors
    .map((executor) => executor.effect(spec))
    .reduce<Effect>((worst, one) => (STRENGTH[one] > STRENGTH[worst] ? one : worst), 'none');
}

function isEnded(execution: Execution<Outcome>): boolean {
  return execution.state === 'completed' || execution.state === 'failed' || execution.state === 'unknown';
}

async function claim(work: Work, effect: Effect, deps: PerformDeps): Promise<{ attempt: number } | { outcome: Outcome }> {
  const { executions, clock } = deps;
  if (effect === 'none') {
    // Nothing to fence. A first attempt has no record to look for; a later one may find its outcome there already.
    const standing = work.carrier.attempt > 1 ? await executions.find(work) : undefined;
    if (standing?.outcome !== undefined && isEnded(standing) && standing.decisionId === work.decisionId)
      return { outcome: standing.outcome };
    return { attempt: work.carrier.attempt };
  }
  const startedAt = new Date(clock.now());
  const started = await executions.start({
    ...work,
    effect,
    startedAt,
    leaseMs: LEASE_MS,
    traceparent: work.carrier.traceparent,
  });
  if (started.kind === 'started') return { attempt: started.attempt };
  if (started.kind === 'busy') {
    throw new TemporaryError('EXECUTION_BUSY', 'another replica is at work on this action', {
      retryAfterMs: LEASE_MS,
      spendsAttempt: false,
    });
  }
  if (started.kind === 'ended' && started.execution.outcome !== undefined) return { outcome: started.execution.outcome };
  const now = rfc3339(clock.now());
  const outcome: Outcome = {
    status: 'UNKNOWN',
    executor_id: work.executors[0]?.name ?? '',
    attempt: started.execution.attempt,
    started_at: now,
    finished_at: now,
    execution_time_ms: 0,
    error: {
      code: 'EFFECT_UNCLEAR',
      message:
        'an earlier attempt was started and never reported back; whether it took effect is not known, and repeating it could do it twice',
      class: 'upstream',
    },
  };
  // The fence is the one of the start, which an earlier decision may have allowed.
  const { decisionId } = started.execution;
  return { outcome: await finish({ ...work, decisionId }, effect, 'unknown', outcome, deps) };
}

/** Keeps the lease of a fenced attempt while it runs. A lease that cannot be kept is noticed by the fence at the end. */
async function holding<T>(
  work: Work,
  effect: Effect,
  attempt: number,
  { executions }: PerformDeps,
  run: () => Promise<T>,
): Promise<T> {
  if (effect === 'none') return run();
  const { traceId, step } = work;
  const timer = setInterval(
    () => void executions.extend({ traceId, step, attempt, leaseMs: LEASE_MS }).catch(() => false),
    LEASE_MS / 3,
  );
  try {
    return await run();
  } finally {
    clearInterval(timer);
  }
}

type Ran =
  | { readonly executor: string; readonly output: ExecutorOutput }
  | { readonly executor: string; readonly error: unknown };

/** The first executor that can. A failure whose effect is unclear, or that any executor would share, ends the search. */
async function runInOrder(work: Work, attempt: number, deps: PerformDeps): Promise<Ran> {
  let ran: Ran | undefined;
  for (const executor of work.executors) {
    ran = await runOne(executor, work, attempt, deps);
    if ('output' in ran || work.signal.aborted || !mayFallBack(ran.error, executor.effect(work.spec))) return ran;
  }
  return ran ?? { executor: '', error: new TerminalError('EXECUTOR_UNKNOWN', 'no executor was named') };
}

/** Whether nothing has happened yet that another executor would do a second time. */
function mayFallBack(error: unknown, effect: Effect): boolean {
  const failure = failureClassOf(error);
  if (error instanceof EffectUnclearError || failure === 'input') return false;
  if (effect === 'none') return true;
  // An answer that was no good came after the effect.
  if (failure === 'result') return false;
  // A keyed call that may have arrived is safe to repeat where its key is known, and nowhere else.
  return effect === 'unkeyed' || error instanceof TerminalError || errorCode(error) === 'BREAKER_OPEN';
}

async function runOne(executor: Executor, work: Work, attempt: number, deps: PerformDeps): Promise<Ran> {
  deps.onCall(executor.name);
  const limited = timeLimited(work);
  try {
    const output = await seenRun(executor, work, attempt, deps, async (carrier) => {
      const ran = await executor.execute({ ...work, carrier, attempt, signal: limited.signal });
      deps.validator.validate(work.policyRevision, work.action, work.spec.result, ran.result);
      return ran;
    });
    return { executor: executor.name, output };
  } catch (error) {
    return { executor: executor.name, error };
  } finally {
    limited.clear();
  }
}

/** One run in its own span, with what it causes below it, where the trace is recorded. */
function seenRun<T>(
  executor: Executor,
  { carrier, action, step }: Work,
  attempt: number,
  { tracer }: PerformDeps,
  run: (carrier: Carrier) => Promise<T>,
): Promise<T> {
  if (tracer?.isRecorded(carrier.traceparent) !== true) return run(carrier);
  const attributes = {
    'techno.executor': executor.name,
    'techno.action': action,
    'techno.step': step === '' ? undefined : step,
    'techno.attempt': attempt,
  };
  return inSpan(tracer, carrier.traceparent, { name: `execute ${executor.name}`, kind: 'internal', attributes }, (span) => {
    const traceparent = span?.traceparent ?? carrier.traceparent;
    return run({ ...carrier, traceparent, inSpan: clientSpans(tracer, traceparent) });
  });
}

/** The work's signal, or its time limit, whichever comes first. By hand: `AbortSignal.any` costs more than a whole echo. */
function timeLimited({ signal, action, spec }: Work): { signal: AbortSignal; clear: () => void } {
  const limit = new AbortController();
  const stop = () => limit.abort(signal.reason);
  const timeout = () => limit.abort(new TemporaryError('EXECUTION_TIMEOUT', `'${action}' took longer than ${spec.timeoutMs} ms`));
  const timer = setTimeout(timeout, spec.timeoutMs);
  const forget = onAbort(signal, stop);
  if (signal.aborted) stop();
  return {
    signal: limit.signal,
    clear() {
      clearTimeout(timer);
      forget();
    },
  };
}

async function finish(
  work: Work,
  effect: Effect,
  state: 'completed' | 'failed' | 'unknown' | 'retryable',
  outcome: Outcome,
  { executions }: PerformDeps,
): Promise<Outcome> {
  const written = await executions.finish({
    traceId: work.traceId,
    step: work.step,
    decisionId: work.decisionId,
    effect,
    attempt: outcome.attempt,
    state,
    startedAt: new Date(outcome.started_at),
    finishedAt: new Date(outcome.finished_at),
    outcome,
    traceparent: work.carrier.traceparent,
  });
  if (written.kind === 'written') return outcome;
  if (written.execution.outcome !== undefined && isEnded(written.execution)) return written.execution.outcome;
  // Another attempt holds the fence and is at work: what this one did is not the record.
  throw new TemporaryError('EXECUTION_SUPERSEDED', 'another attempt at this action took over', { spendsAttempt: false });
}
