import type { Metrics } from '@techno/telemetry';
import type { LlmClientDeps } from './client.ts';

/** What calls to models take, use and cost. Models are those with a configured price: a static set. */
export function llmMetrics(
  metrics: Pick<Metrics, 'counter' | 'histogram'>,
): Required<Pick<LlmClientDeps, 'onAnswer' | 'onCall'>> {
  const duration = metrics.histogram({
    name: 'llm_request_seconds',
    help: 'Time of one call to a model',
    labels: ['model'],
    bucketsSeconds: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60],
  });
  const calls = metrics.counter({
    name: 'llm_requests_total',
    help: 'Calls to a model, by how they ended: ok, or an error code',
    labels: ['model', 'outcome'],
  });
  const tokens = metrics.counter({ name: 'llm_tokens_total', help: 'Tokens used', labels: ['model', 'direction'] });
  const cost = metrics.counter({
    name: 'llm_cost_usd_total',
    help: 'US dollars spent, by the configured prices',
    labels: ['model'],
  });
  return {
    onCall({ model, seconds, code }) {
      duration({ model })(seconds);
      calls({ model, outcome: code ?? 'ok' }).inc();
    },
    onAnswer({ model, usage, costUsd }) {
      tokens({ model, direction: 'input' }).inc(usage.inputTokens);
      tokens({ model, direction: 'output' }).inc(usage.outputTokens);
      cost({ model }).inc(costUsd);
    },
  };
}
