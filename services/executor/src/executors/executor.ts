import type { HandlerContext } from '@techno/actor';
import type { ActionSpec, Effect, PolicyDocument, Principal } from '@techno/contracts';
import { TechnoError, TemporaryError } from '@techno/kernel';
import type { Attributes, Span } from '@techno/telemetry';
import type { InSpan } from '../run-span.ts';

/** The delivery that brought the work. What is published with it goes out when the outcome is on record, once however often it runs. */
export interface Carrier {
  readonly publish: HandlerContext['publish'];
  readonly traceparent: string;
  /** Operator replays of the action so far. */
  readonly replay: number;
  /** Attempts of the delivery, this one included, and whether it is the last. */
  readonly attempt: number;
  readonly lastAttempt: boolean;
  /** Present where the trace is recorded. */
  readonly inSpan?: InSpan | undefined;
}

/** Shows what a call waits for outside as a `client` span of its trace. */
export function seen<T>(
  { carrier }: Pick<ExecutorCall, 'carrier'>,
  named: { name: string; attributes: Attributes },
  work: (span?: Span) => Promise<T>,
): Promise<T> {
  return carrier.inSpan === undefined ? work() : carrier.inSpan(named, work);
}

/** One run of one action, or of one step of a composite. Whoever calls has verified the ALLOW and fenced the effect. */
export interface ExecutorCall {
  readonly traceId: string;
  readonly decisionId: string;
  /** The step's id within a composite; '' for the action itself. */
  readonly step: string;
  /** From 1. */
  readonly attempt: number;
  readonly action: string;
  readonly contextId: string;
  /** Any JSON. Executors read it and never change it. */
  readonly payload: unknown;
  readonly spec: ActionSpec;
  readonly policy: PolicyDocument;
  readonly principal: Principal;
  readonly carrier: Carrier;
  /** Aborted when the action's time is up or the process stops; a `TechnoError` as its reason is thrown as it is. */
  readonly signal: AbortSignal;
}

export interface ExecutorOutput {
  /** Anything JSON can say. Not yet held against the action's `result` schema. */
  readonly result: unknown;
  /** Set where the name alone does not say how it was done: `document_executor_v1:extractive`. */
  readonly executorId?: string;
}

/**
 * Does the work of an action. `execute` answers, or throws a TerminalError, a TemporaryError or an EffectUnclearError, each
 * with a code from codes.ts, and nothing else.
 */
export interface Executor {
  readonly name: string;
  /** What running the action once more would do. Asked before `execute`, so that the start can be fenced. */
  effect(spec: ActionSpec): Effect;
  execute(call: ExecutorCall): Promise<ExecutorOutput>;
}

/**
 * A request whose effect cannot be repeated safely may have reached the upstream, and no answer said what became of it.
 * The action ends as UNKNOWN: trying again could do it twice.
 */
export class EffectUnclearError extends TechnoError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('EFFECT_UNCLEAR', message, options);
  }
}

/** What an aborted signal means to the caller: its own reason where that is one of ours, else EXECUTION_ABORTED. */
export function abortError(signal: AbortSignal): TechnoError {
  if (signal.reason instanceof TechnoError) return signal.reason;
  return new TemporaryError('EXECUTION_ABORTED', 'the run was stopped before it finished', { cause: signal.reason });
}

/** Throws `abortError` where the signal has been aborted. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortError(signal);
}

/** The key an upstream sees: the same for every attempt at this action or step, never the same for two of them. */
export function idempotencyKey(call: Pick<ExecutorCall, 'traceId' | 'step'>): string {
  return call.step === '' ? call.traceId : `${call.traceId}.${call.step}`;
}
