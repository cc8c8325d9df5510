import type { CompositeStep, FailureClass, GateName, ReasonCode } from '@techno/contracts';
import { errorCode, errorMessage, TechnoError, TemporaryError, TerminalError } from '@techno/kernel';
import { failureClassOf } from './codes.ts';
import { checkedSteps, lastSteps } from './composite-plan.ts';
import { abortError, EffectUnclearError, type Executor, type ExecutorCall, throwIfAborted } from './executor.ts';
import { renderJson } from './template.ts';

/** How a step ended. A step that may still succeed later is not an outcome: `runStep` throws a TemporaryError instead. */
export type StepOutcome =
  | { readonly status: 'COMPLETED'; readonly result: unknown; readonly executor_id: string }
  | { readonly status: 'DENIED'; readonly gate: GateName; readonly reason_codes: readonly ReasonCode[] }
  | { readonly status: 'FAILED' | 'UNKNOWN'; readonly error: { code: string; message: string; class: FailureClass } };

/** SKIPPED: it was never started, because of what the step named in `because` came to. */
export type StepReport = StepOutcome | { readonly status: 'SKIPPED'; readonly because: string };
export type CompositeReport = { readonly steps: Readonly<Record<string, StepReport>>; readonly output: unknown };

/**
 * Has one step gated, fenced and executed. A step that already ended in an earlier attempt answers that outcome again, which
 * is what makes a composite safe to repeat.
 */
export type RunStep = (
  step: { readonly id: string; readonly action: string; readonly payload: unknown },
  signal: AbortSignal,
  call: ExecutorCall,
) => Promise<StepOutcome>;

/** Steps failed that were not allowed to. `partial` tells what every step came to. */
export class CompositeFailure extends TerminalError {
  readonly partial: CompositeReport;

  constructor(message: string, partial: CompositeReport) {
    super('COMPOSITE_FAILED', message);
    this.partial = partial;
  }
}

/**
 * Runs the steps that the policy declares: those whose needs have completed run together. `onFailure: stop` starts nothing
 * more and lets what runs finish; `continue` goes on with what does not need the failed step. Throws COMPOSITE_INVALID,
 * CompositeFailure, and the TemporaryError of a step that has to be tried again, once the others have come to rest.
 */
export function compositeExecutor(deps: { readonly runStep: RunStep }): Executor {
  return {
    name: 'composite_executor_v1',
    // Its steps are fenced one by one; the composite itself touches nothing.
    effect: () => 'none',
    async execute(call) {
      throwIfAborted(call.signal);
      if (call.spec.composite === undefined) {
        throw new TerminalError('EXECUTOR_MISCONFIGURED', `the action '${call.action}' declares no steps`);
      }
      const steps = checkedSteps(call.spec.composite.steps);
      const { reports, stoppedBy } = await runAll(steps, call, deps.runStep);
      const report = { steps: Object.fromEntries(reports), output: outputOf(steps, reports) };
      if (stoppedBy !== undefined) throw new CompositeFailure(`step '${stoppedBy}' did not complete`, report);
      if (!lastSteps(steps).some((step) => reports.get(step.id)?.status === 'COMPLETED')) {
        throw new CompositeFailure('no last step completed', report);
      }
      return { result: report };
    },
  };
}

type Ended =
  | { readonly step: CompositeStep; readonly outcome: StepOutcome }
  | { readonly step: CompositeStep; readonly error: unknown };

async function runAll(steps: readonly CompositeStep[], call: ExecutorCall, runStep: RunStep) {
  const reports = new Map<string, StepReport>();
  const interrupted = new Map<string, unknown>();
  const running = new Map<string, Promise<Ended>>();
  let stoppedBy: string | undefined;

  for (;;) {
    if (call.signal.aborted || stoppedBy !== undefined || interrupted.size > 0) {
      // Nothing more is started; what runs comes to rest.
    } else {
      for (const step of ready(steps, reports, running)) running.set(step.id, runOne(step, reports, call, runStep));
    }
    if (running.size === 0) break;
    const ended = await Promise.race(running.values());
    running.delete(ended.step.id);
    if ('error' in ended) {
      interrupted.set(ended.step.id, ended.error);
      continue;
    }
    reports.set(ended.step.id, ended.outcome);
    if (ended.outcome.status !== 'COMPLETED' && ended.step.onFailure === 'stop') stoppedBy ??= ended.step.id;
  }

  if (stoppedBy === undefined) {
    for (const error of interrupted.values()) throw asTechnoError(error);
    if (call.signal.aborted && reports.size < steps.length) throw abortError(call.signal);
    return { reports, stoppedBy };
  }
  for (const [id, error] of interrupted) reports.set(id, failed(error));
  for (const step of steps) {
    if (!reports.has(step.id)) reports.set(step.id, { status: 'SKIPPED', because: stoppedBy });
  }
  return { reports, stoppedBy };
}

/** The steps that can start now. Those that never can, because of what a step they need came to, are reported as skipped. */
function ready(
  steps: readonly CompositeStep[],
  reports: Map<string, StepReport>,
  running: ReadonlyMap<string, unknown>,
): readonly CompositeStep[] {
  for (let before = -1; before !== reports.size;) {
    before = reports.size;
    for (const step of steps) {
      const missing = step.needs.find((need) => (reports.get(need)?.status ?? 'COMPLETED') !== 'COMPLETED');
      if (missing !== undefined && !reports.has(step.id)) reports.set(step.id, { status: 'SKIPPED', because: missing });
    }
  }
  return steps.filter((step) => !reports.has(step.id) && !running.has(step.id) && step.needs.every((need) => reports.has(need)));
}

/** Never rejects: what has to be tried again is `error`, everything else an outcome. */
async function runOne(
  step: CompositeStep,
  reports: ReadonlyMap<string, StepReport>,
  call: ExecutorCall,
  runStep: RunStep,
): Promise<Ended> {
  try {
    const payload = renderJson(step.payload, { payload: call.payload, steps: resultsOf(reports) });
    return { step, outcome: await runStep({ id: step.id, action: step.action, payload }, call.signal, call) };
  } catch (error) {
    // A step that was stopped with the rest says nothing of itself, unless it had begun what cannot be taken back.
    const stopped = call.signal.aborted && !(error instanceof EffectUnclearError);
    return isTerminal(error) && !stopped ? { step, outcome: failed(error) } : { step, error };
  }
}

function resultsOf(reports: ReadonlyMap<string, StepReport>): Record<string, { readonly result: unknown }> {
  const results = [...reports].flatMap(([id, report]): [string, { result: unknown }][] =>
    report.status === 'COMPLETED' ? [[id, { result: report.result }]] : [],
  );
  return Object.fromEntries(results);
}

/** The result of the last step, or of the last steps by id where there are several; null for one that did not complete. */
function outputOf(steps: readonly CompositeStep[], reports: ReadonlyMap<string, StepReport>): unknown {
  const outputs = lastSteps(steps).map((step): [string, unknown] => {
    const report = reports.get(step.id);
    return [step.id, report?.status === 'COMPLETED' ? report.result : null];
  });
  return outputs.length === 1 ? outputs[0]?.[1] : Object.fromEntries(outputs);
}

function isTerminal(error: unknown): boolean {
  return error instanceof TechnoError && !(error instanceof TemporaryError);
}

function failed(error: unknown): StepOutcome {
  const code = errorCode(error);
  return {
    status: code === 'EFFECT_UNCLEAR' ? 'UNKNOWN' : 'FAILED',
    error: { code, message: errorMessage(error), class: failureClassOf(error) },
  };
}

function asTechnoError(error: unknown): TechnoError {
  if (error instanceof TechnoError) return error;
  return new TemporaryError('STEP_INTERRUPTED', 'a step stopped for a reason that says nothing about it', { cause: error });
}
