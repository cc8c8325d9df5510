import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { METRICS, seriesNames } from './contract.ts';
import type { PrometheusApi, RuleGroup } from './prometheus.ts';
import { isPromql, selectorsOf, sidesOf } from './promql.ts';

/** A query that somebody relies on. */
export interface ReliedOn {
  /** `Overview / Throughput`, `alert HighLatencyP95`. */
  readonly where: string;
  /** What is asked; an alert's sides, since it gives nothing while all is well. */
  readonly asked: readonly string[];
  readonly query: string;
}

/** What Grafana puts in for its variables: wide enough for two scrapes. */
const VARIABLES: Readonly<Record<string, string>> = { $__rate_interval: '1m', $__interval: '15s', $__range: '15m' };

interface Panel {
  readonly title?: string;
  readonly targets?: readonly { readonly expr?: string; readonly datasource?: { readonly type?: string } }[];
  readonly panels?: readonly Panel[];
}

/** Every query of every panel of the generated dashboards in `folder`. */
export function queriesOfDashboards(folder: string): ReliedOn[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => {
      const { title, panels } = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as { title: string; panels: Panel[] };
      const flat = panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
      return flat.flatMap((panel) =>
        (panel.targets ?? []).map(({ expr = '' }) => {
          const query = Object.entries(VARIABLES).reduce((text, [name, value]) => text.replaceAll(name, value), expr);
          return { where: `${title} / ${panel.title ?? ''}`, query, asked: [query] };
        }),
      );
    });
}

/**
 * Every rule. A recording rule gives something or nobody can use it, but its windows may reach back further than the run:
 * it is asked through its selectors, as an alert is through its sides'.
 */
export function queriesOfRules(groups: readonly RuleGroup[]): ReliedOn[] {
  return groups.flatMap(({ rules }) =>
    rules.map(({ type, name, query }) => ({
      where: `${type === 'alerting' ? 'alert' : 'rule'} ${name}`,
      query,
      asked: type === 'alerting' ? sidesOf(query) : [],
    })),
  );
}

/** `broken`: wrong as it is written, whatever is waited for; `silent`: nothing yet. */
export interface QueryFault {
  readonly kind: 'broken' | 'silent';
  readonly text: string;
}

/** What is wrong with a query over the last `seconds`: it is refused, or gives nothing, or asks for what nobody declared. */
export async function queryFaults(
  { where, query, asked }: ReliedOn,
  api: PrometheusApi,
  options: { seconds: number; mayBeSparse: boolean; recorded: ReadonlySet<string> },
): Promise<QueryFault[]> {
  const broken = (text: string): QueryFault => ({ kind: 'broken', text: `${where}: ${text}` });
  if (!isPromql(query)) return [broken(`it is not PromQL: ${query}`)];
  const selectors = selectorsOf(query);
  const unknown = selectors.filter(({ metric }) => !isKnown(metric, options.recorded));
  if (unknown.length > 0)
    return unknown.map(({ metric }) => broken(`it asks for ${metric}, which is no declared metric and no recording rule`));
  const whole = await api.queryRange(query, options.seconds);
  if (whole.error !== undefined) return [broken(`Prometheus refuses ${query}: ${whole.error}`)];
  if (options.mayBeSparse && selectors.some(({ metric }) => isSparse(metric))) return [];
  const empty = async (text: string) => (await api.queryRange(text, options.seconds)).numbers === 0;
  const faults: QueryFault[] = [];
  for (const one of asked) if (await empty(one)) faults.push({ kind: 'silent', text: `${where}: it gives nothing: ${one}` });
  return faults;
}

/** Metrics of Prometheus and Alertmanager themselves, and what is born with a target. */
const OF_OTHERS = /^(?:up|ALERTS|ALERTS_FOR_STATE|scrape_\w+|alertmanager_\w+|prometheus_\w+)$/;
const SERIES = new Map(
  Object.entries(METRICS).flatMap(([name, metric]) => seriesNames(name, metric).map((series) => [series, metric])),
);

function isKnown(metric: string, recorded: ReadonlySet<string>): boolean {
  return SERIES.has(metric) || recorded.has(metric) || OF_OTHERS.test(metric);
}

function isSparse(metric: string): boolean {
  return SERIES.get(metric)?.sparse === true;
}
