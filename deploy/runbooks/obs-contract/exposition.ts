/** One metric as a process exposes it. */
export interface ExposedMetric {
  readonly type: string;
  /** The label sets of its series, `le` left out, each once. */
  readonly series: readonly Readonly<Record<string, string>>[];
}

const TYPE = /^# TYPE (\S+) (\S+)$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? \S+/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Reads Prometheus text, https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function parseExposition(text: string): Map<string, ExposedMetric> {
  const metrics = new Map<string, { type: string; series: Map<string, Record<string, string>> }>();
  for (const line of text.split('\n')) {
    const [, declared, type] = TYPE.exec(line) ?? [];
    if (declared !== undefined && type !== undefined) metrics.set(declared, { type, series: new Map() });
    const [, sample, labelText = ''] = SAMPLE.exec(line) ?? [];
    if (line.startsWith('#') || sample === undefined) continue;
    const metric = metrics.get(sample) ?? metrics.get(sample.replace(/_(?:bucket|count|sum)$/, ''));
    if (metric === undefined) continue;
    const labels = Object.fromEntries([...labelText.matchAll(LABEL)].map(([, name = '', value = '']) => [name, value]));
    delete labels['le'];
    metric.series.set(JSON.stringify(labels), labels);
  }
  return new Map([...metrics].map(([name, { type, series }]) => [name, { type, series: [...series.values()] }]));
}
