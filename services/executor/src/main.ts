import { createSafeFetch } from '@techno/http';
import { actor, runService } from '@techno/service';
import { createExecutions, createPolicies } from '@techno/storage';
import { executeAction, type ExecuteActionDeps } from './actors/execute-action.ts';
import { type ExecutorConfig, loadConfig } from './config.ts';
import { createBreakers } from './executors/breaker.ts';
import { compositeExecutor } from './executors/composite-executor.ts';
import { documentExecutor } from './executors/document-executor.ts';
import { echoExecutor } from './executors/echo-executor.ts';
import { httpExecutor } from './executors/http-executor.ts';
import { llmClient } from './executors/llm/client.ts';
import { llmExecutor } from './executors/llm-executor.ts';
import { executorRegistry } from './executors/registry.ts';
import { resultValidator } from './executors/validate-result.ts';
import { followBreakers } from './pauses.ts';
import type { Outcome } from './perform.ts';
import { policyRevisions } from './policies.ts';
import { stepRunner } from './steps.ts';

/** How long an upstream rests after its breaker opened. */
const HALF_OPEN_AFTER_MS = 10_000;

/** Handlers at once: many where nothing outside is waited for. */
const CONCURRENCY: Readonly<Record<string, number>> = {
  echo_executor_v1: 256,
  document_executor_v1: 8,
  llm_executor_v1: 16,
  http_executor_v1: 64,
  composite_executor_v1: 32,
};

/** The one breaker behind all of an executor's work. Executors with several upstreams give back what an open one concerns. */
const PAUSED_BY: Readonly<Record<string, string>> = { llm_executor_v1: 'llm' };

await runService<ExecutorConfig>({
  name: 'executor',
  config: () => loadConfig(),
  async build({ config, telemetry, bus, database, clock }) {
    const breakers = createBreakers({ halfOpenAfterMs: HALF_OPEN_AFTER_MS });
    const pauses = followBreakers(breakers, HALF_OPEN_AFTER_MS, clock);
    const breakerOpen = telemetry.metrics.gauge({
      name: 'breaker_open',
      help: '1 while the breaker is open',
      labels: ['breaker'],
    });
    breakers.onChange((name, state) => {
      breakerOpen({ breaker: labelOf(name) }).set(state === 'open' ? 1 : 0);
      telemetry.log.warn({ breaker: name, state }, 'breaker.changed');
    });

    const fetch = createSafeFetch({ allow: config.TECHNO_EGRESS_ALLOW });
    const llm = config.llm && llmClient(config.llm, { breakers });
    const performing = {
      executions: createExecutions<Outcome>(database),
      validator: resultValidator(),
      clock,
      onCall: (executor: string) => telemetry.metrics.actions.executorCalled(executor),
    };
    const shared = {
      ...performing,
      policies: policyRevisions(createPolicies(database)),
      allowKeys: config.TECHNO_ALLOW_KEYS,
      logEvents: telemetry.logEvents,
    };
    const executors = executorRegistry([
      echoExecutor(),
      documentExecutor({ fetch, breakers, llm }),
      llmExecutor({ llm }),
      httpExecutor({ fetch, breakers, secrets: config.secrets }),
      compositeExecutor({ runStep: stepRunner({ ...shared, bus, executors: () => executors }) }),
    ]);
    const deps: ExecuteActionDeps = { ...shared, executors, onResult: (status) => telemetry.metrics.actions.result(status) };

    return {
      actors: [...executors.values()].map((executor) => {
        const breaker = PAUSED_BY[executor.name];
        const pausedUntil = breaker === undefined ? undefined : () => pauses.openUntil(breaker);
        return actor(executeAction(executor, { concurrency: CONCURRENCY[executor.name] ?? 16, pausedUntil }, deps));
      }),
    };
  },
});

/** Hosts of documents are the callers' choice, and a metric's labels are a static set. */
function labelOf(breaker: string): string {
  return breaker.startsWith('document:') ? 'document' : breaker;
}
