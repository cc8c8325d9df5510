import { createHistogram } from '../../../bench/load/histogram.ts';
import type { LoadResult } from './result.ts';

const QUANTILES = [50, 90, 95, 99, 99.9];

/** The result in the text format of Prometheus, for node_exporter's textfile collector or a push gateway. */
export function prometheusText({ run, knee, arrivals }: LoadResult): string {
  const lines: string[] = [];
  const metric = (name: string, type: 'gauge' | 'counter' | 'summary', help: string) =>
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  const labels = `{arrivals="${arrivals}"}`;

  metric('techno_load_offered_per_second', 'gauge', 'Requests a second that were asked for');
  lines.push(`techno_load_offered_per_second${labels} ${run.perSecond}`);
  metric('techno_load_requests_total', 'counter', 'Requests by what came of them');
  lines.push(`techno_load_requests_total{outcome="good"} ${run.good}`);
  for (const [kind, { count }] of Object.entries(run.faults)) {
    lines.push(`techno_load_requests_total{outcome="${escaped(kind)}"} ${count}`);
  }
  const latency = createHistogram(run.latency);
  metric('techno_load_latency_seconds', 'summary', 'From when a request was due to its good answer');
  for (const percent of QUANTILES) {
    lines.push(
      `techno_load_latency_seconds{quantile="${Number((percent / 100).toFixed(4))}"} ${latency.percentile(percent) / 1e6}`,
    );
  }
  lines.push(`techno_load_latency_seconds_sum ${run.latency.sum / 1e6}`, `techno_load_latency_seconds_count ${latency.count}`);
  if (knee?.perSecond !== undefined) {
    metric('techno_load_knee_per_second', 'gauge', 'Highest rate that the system followed');
    lines.push(`techno_load_knee_per_second ${knee.perSecond}`);
  }
  return `${lines.join('\n')}\n`;
}

function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
}
