import type { Registry } from 'prom-client';
import { counterCells } from './cells.ts';

export interface HealthMetrics {
  /** `healthcheck_failures_total{check}`. */
  checkFailed(check: string): void;
}

export function healthMetrics(registry: Registry): HealthMetrics {
  const failures = counterCells(registry, {
    name: 'healthcheck_failures_total',
    help: 'Readiness checks that failed, by what they check',
    labels: ['check'],
  });
  return { checkFailed: (check) => failures({ check }).inc() };
}
