import type { Registry } from 'prom-client';
import { counterCells } from './cells.ts';

export interface ActionMetrics {
  /** `executor_calls_total{executor}`: one for each attempt. */
  executorCalled(executor: string): void;
  /** `action_results_total{status}`: terminal states reached. */
  result(status: string): void;
}

export function actionMetrics(registry: Registry): ActionMetrics {
  const calls = counterCells(registry, {
    name: 'executor_calls_total',
    help: 'Attempts by executor',
    labels: ['executor'],
  });
  const results = counterCells(registry, {
    name: 'action_results_total',
    help: 'Actions by the terminal state they reached',
    labels: ['status'],
  });
  return {
    executorCalled: (executor) => calls({ executor }).inc(),
    result: (status) => results({ status }).inc(),
  };
}
