import { until } from '@techno/embedded';
import { SECOND } from '@techno/kernel';
import { BrokenPromise, refuse } from '../broken-promise.ts';
import { prometheusApi } from '../prometheus.ts';
import { drawn, EXPECTED, traceFaults } from '../traces.ts';
import type { World } from '../world/world.ts';
import type { Check } from './check.ts';

/** One action is one connected trace through all services. */
export const traces: Check = {
  name: 'traces',
  promise: 'one action is one connected trace through all services, and a point of a latency panel leads to one',
  async check({ world, exercised, settleMs, startedAt, keep }) {
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
    const id = await exemplar(world, startedAt, settleMs);
    return `${Object.keys(EXPECTED).length} traces, ${arrived} spans; an exemplar led to ${id}`;
  },
};

const LATENCY = 'techno_request_latency_seconds_bucket';

/** A dot on a latency panel: the trace it names has arrived. Gives its id. */
async function exemplar({ prometheusUrl, traces: source }: World, startedAt: number, settleMs: number): Promise<string> {
  const api = prometheusApi(prometheusUrl);
  let named = 0;
  return until(
    async () => {
      const found = await api.exemplars(LATENCY, Math.ceil((Date.now() - startedAt) / SECOND));
      named = found.length;
      for (const { trace_id: id } of found) if (id !== undefined && (await source.ofTrace(id)).length > 0) return id;
      return undefined;
    },
    { timeoutMs: settleMs, everyMs: 500 },
  ).catch((cause: unknown) => {
    const what =
      named === 0
        ? 'has no exemplar: no point of a panel leads to a trace'
        : `names ${named} traces, none of which arrived at ${source.name}`;
    throw new BrokenPromise(`${LATENCY} ${what}`, { cause });
  });
}
