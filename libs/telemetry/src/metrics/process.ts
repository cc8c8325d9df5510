import { monitorEventLoopDelay } from 'node:perf_hooks';
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';

/** Every look wakes the process: ten times as often cost an idle service more than everything else it did. */
const RESOLUTION_MS = 100;
const NANOS_PER_SECOND = 1e9;

/**
 * CPU, memory, file descriptors, garbage collection (prom-client's `process_*` and `nodejs_*`), and
 * `event_loop_lag_seconds{stat}` (mean, p50, p99, max since the metrics were last read). Gives the function that stops it.
 */
export function processMetrics(registry: Registry): () => void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: RESOLUTION_MS });
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  // The monitor records the time between two ticks of its timer, so an idle loop reads as the timer's own interval.
  const lag = (nanos: number): number => Math.max(0, nanos / NANOS_PER_SECOND - RESOLUTION_MS / 1_000);
  new Gauge({
    name: 'event_loop_lag_seconds',
    help: 'How late the event loop ran its timers since the last reading',
    labelNames: ['stat'],
    registers: [registry],
    collect() {
      if (delay.count === 0) return;
      this.set({ stat: 'mean' }, lag(delay.mean));
      this.set({ stat: 'p50' }, lag(delay.percentile(50)));
      this.set({ stat: 'p99' }, lag(delay.percentile(99)));
      this.set({ stat: 'max' }, lag(delay.max));
      delay.reset();
    },
  });
  return () => void delay.disable();
}
