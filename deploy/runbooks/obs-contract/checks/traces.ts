import { until } from '@techno/embedded';
import { SECOND } from '@techno/kernel';
import { BrokenPromise, refuse } from '../broken-promise.ts';
import { drawn, EXPECTED, traceFaults } from '../traces.ts';
import type { Check } from './check.ts';

/** One action is one connected trace through all services. */
export const traces: Check = {
  name: 'traces',
  promise: 'one action is one connected trace through all services, with the right kinds, names and attributes',
  async check({ world, exercised, settleMs, keep }) {
    if (exercised === undefined) throw new BrokenPromise('nothing was sent whose traces could be looked at');
    let arrived = 0;
    for (const [kind, id] of Object.entries(exercised.traces) as [keyof typeof EXPECTED, string][]) {
      let faults: string[] = [];
      let spans: Awaited<ReturnType<typeof world.traces.ofTrace>> = [];
      await until(
        async () => {
          spans = await world.traces.ofTrace(id);
          faults = traceFaults(spans, EXPECTED[kind]);
          return faults.length === 0;
        },
        // Where nothing at all has come, nothing will.
        { timeoutMs: arrived === 0 ? Math.min(settleMs, 30 * SECOND) : settleMs, everyMs: 500 },
      ).catch((error: unknown) => {
        const { cause } = error as Error;
        if (cause instanceof Error) throw new BrokenPromise(`${world.traces.name}: ${cause.message}`, { cause });
      });
      keep(`trace-${kind}.txt`, `${id}\n${drawn(spans)}\n`);
      keep(`trace-${kind}.json`, spans);
      if (spans.length === 0)
        throw new BrokenPromise(
          `the trace ${id} of ‘${kind}’ never arrived at ${world.traces.name}: tracing is switched off, or exports elsewhere (TECHNO_TRACE_RATIO, OTEL_EXPORTER_OTLP_ENDPOINT of the services)`,
        );
      refuse(faults.map((fault) => `the trace ${id} of ‘${kind}’: ${fault}`));
      arrived += spans.length;
    }
    return `${Object.keys(EXPECTED).length} traces, ${arrived} spans`;
  },
};
