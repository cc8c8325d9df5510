import { BREAKER_NEWS_SUBJECT, type BreakerNews } from '@techno/contracts';
import { createSafeFetch } from '@techno/http';
import { rfc3339 } from '@techno/kernel';
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
import { llmMetrics } from './executors/llm/metrics.ts';
import { llmExecutor } from './executors/llm-executor.ts';
import { notifyExecutor } from './executors/notify-executor.ts';
import { receiptExecutor } from './executors/receipt-executor.ts';
import { executorRegistry } from './executors/registry.ts';
import { resultValidator } from './executors/validate-result.ts';
import { notifierPort } from './notifier-port.ts';
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
  notify_executor_v1: 128,
  receipt_executor_v1: 128,
};

/** The one breaker behind all of an executor's work. Executors with several upstreams give back what an open one concerns. */
const PAUSED_BY: Readonly<Record<string, string>> = { llm_executor_v1: 'llm' };

await runService<ExecutorConfig>({
  name: 'executor',
  config: () => loadConfig(),
  async build({ config, telemetry, bus, transport, database, clock }) {
    const breakers = createBreakers({ halfOpenAfterMs: HALF_OPEN_AFTER_MS });
    const pauses = followBreakers(breakers, HALF_OPEN_AFTER_MS, clock);
    const breakerOpen = telemetry.metrics.gauge({
      name: 'breaker_open',
      help: '1 while the breaker is open',
      labels: ['breaker'],
    });
    breakers.onChange((name, state) => {
      breakerOpen({ breaker: labelOf(name) }).set(state === 'open' ? 1 : 0);
      transport.reply(BREAKER_NEWS_SUBJECT, {}, JSON.stringify(newsOf(name, state, clock.now())));
      telemetry.log.warn({ breaker: name, state }, 'breaker.changed');
    });

    const fetch = createSafeFetch({ allow: config.TECHNO_EGRESS_ALLOW });
    const llm = config.llm && llmClient(config.llm, { breakers, ...llmMetrics(telemetry.metrics) });
    const performing = {
      executions: createExecutions<Outcome>(database),
      validator: resultValidator(),
      clock,
      onCall: (executor: string) => telemetry.metrics.actions.executorCalled(executor),
      tracer: telemetry.tracer,
    };
    const shared = {
      ...performing,
      policies: policyRevisions(createPolicies(database)),
      allowKeys: config.TECHNO_ALLOW_KEYS,
      logEvents: telemetry.logEvents,
    };
    const { port: notifier, close } = notifierPort({ bus, transport, clock });
    const executors = executorRegistry([
      echoExecutor(),
      documentExecutor({ fetch, breakers, llm }),
      llmExecutor({ llm }),
      httpExecutor({ fetch, breakers, secrets: config.secrets }),
      notifyExecutor({ notifier, clock }),
      receiptExecutor({ notifier, clock }),
      compositeExecutor({ runStep: stepRunner({ ...shared, bus, executors: () => executors }) }),
    ]);
    const deps: ExecuteActionDeps = { ...shared, executors, onResult: (status) => telemetry.metrics.actions.result(status) };

    return {
      actors: [...executors.values()].map((executor) => {
        const breaker = PAUSED_BY[executor.name];
        const pausedUntil = breaker === undefined ? undefined : () => pauses.openUntil(breaker);
        return actor(executeAction(executor, { concurrency: CONCURRENCY[executor.name] ?? 16, pausedUntil }, deps));
      }),
      close,
    };
  },
});

/** For those who start work by themselves: no use in sending more against an open breaker. */
function newsOf(breaker: string, state: BreakerNews['state'], nowMs: number): BreakerNews {
  return { breaker, state, open_until: rfc3339(nowMs + HALF_OPEN_AFTER_MS) };
}

/** Hosts of documents are the callers' choice, and a metric's labels are a static set. */
function labelOf(breaker: string): string {
  return breaker.startsWith('document:') ? 'document' : breaker;
}
