import { SECOND } from '@techno/kernel';

export interface Target {
  readonly labels: Readonly<Record<string, string>>;
  readonly scrapeUrl: string;
  readonly health: string;
  readonly lastError: string;
}

export interface Rule {
  readonly type: 'alerting' | 'recording';
  readonly name: string;
  readonly query: string;
  readonly health: string;
  readonly lastError?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface RuleGroup {
  readonly name: string;
  readonly file: string;
  readonly rules: readonly Rule[];
}

/** What a query gave over a time: whether any of it is a number, and an error where it was refused. */
export interface Answered {
  readonly series: number;
  /** Samples that are numbers; a quantile of nothing is NaN, and no number. */
  readonly numbers: number;
  readonly error?: string;
}

/** Prometheus' HTTP API, https://prometheus.io/docs/prometheus/latest/querying/api/ */
export interface PrometheusApi {
  readonly url: string;
  targets(): Promise<Target[]>;
  rules(): Promise<RuleGroup[]>;
  alertmanagers(): Promise<string[]>;
  /** Over the last `seconds`. */
  queryRange(query: string, seconds: number, stepSeconds?: number): Promise<Answered>;
  /** The labels of what a histogram's points lead to, over the last `seconds`. */
  exemplars(query: string, seconds: number): Promise<Readonly<Record<string, string>>[]>;
  queryNow(query: string): Promise<{ labels: Record<string, string>; value: number }[]>;
}

type Sample = [number, string];

export function prometheusApi(url: string): PrometheusApi {
  async function get<Data>(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<Data> {
    const response = await fetch(`${url}${path}?${new URLSearchParams(parameters).toString()}`, {
      signal: AbortSignal.timeout(20 * SECOND),
    });
    const body = (await response.json()) as { status: string; data: Data; error?: string };
    if (body.status !== 'success') throw new Error(body.error ?? `Prometheus answered ${response.status}`);
    return body.data;
  }
  return {
    url,
    targets: async () => (await get<{ activeTargets: Target[] }>('/api/v1/targets', { state: 'active' })).activeTargets,
    rules: async () => (await get<{ groups: RuleGroup[] }>('/api/v1/rules')).groups,
    alertmanagers: async () =>
      (await get<{ activeAlertmanagers: { url: string }[] }>('/api/v1/alertmanagers')).activeAlertmanagers.map((one) => one.url),
    async queryRange(query, seconds, stepSeconds = Math.max(1, Math.ceil(seconds / 200))) {
      const end = Date.now() / SECOND;
      try {
        const { result } = await get<{ resultType: string; result: { values: Sample[] }[] | Sample }>('/api/v1/query_range', {
          query,
          start: String(end - seconds),
          end: String(end),
          step: String(stepSeconds),
        });
        const series = result as { values: Sample[] }[];
        const numbers = series.reduce((sum, { values }) => sum + values.filter(([, text]) => text !== 'NaN').length, 0);
        return { series: series.length, numbers };
      } catch (error) {
        return { series: 0, numbers: 0, error: error instanceof Error ? error.message : String(error) };
      }
    },
    async exemplars(query, seconds) {
      const end = Date.now() / SECOND;
      const window = { start: String(end - seconds), end: String(end) };
      const found = await get<{ exemplars: { labels: Record<string, string> }[] }[]>('/api/v1/query_exemplars', {
        query,
        ...window,
      });
      return found.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels));
    },
    async queryNow(query) {
      const { result } = await get<{ result: { metric: Record<string, string>; value: Sample }[] }>('/api/v1/query', { query });
      return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
  };
}
