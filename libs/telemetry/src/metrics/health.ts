import type { Registry } from 'prom-client';
import { type Cell, counterCells, gaugeCells } from './cells.ts';

export interface HealthMetrics {
  /** `healthcheck_up{check}`: 1 or 0 as it was last found; `healthcheck_failures_total{check}`. */
  checked(check: string, ok: boolean): void;
}

export function healthMetrics(registry: Registry): HealthMetrics {
  const up = gaugeCells(registry, {
    name: 'healthcheck_up',
    help: '1 while what the process cannot do without answers, by what is checked',
    labels: ['check'],
  });
  const failures = counterCells(registry, {
    name: 'healthcheck_failures_total',
    help: 'Readiness checks that failed, by what they check',
    labels: ['check'],
  });
  return {
    checked(check, ok) {
      up({ check }).set(ok ? 1 : 0);
      const failed: Cell = failures({ check });
      if (!ok) failed.inc();
    },
  };
}
