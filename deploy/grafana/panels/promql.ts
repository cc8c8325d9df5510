/** The window of rates: Grafana makes it wide enough for the scrape interval and the zoom. */
export const WINDOW = '$__rate_interval';

/** Per second, by these labels. */
export function rate(selector: string, by: readonly string[] = []): string {
  return `sum${clause(by)} (rate(${selector}[${WINDOW}]))`;
}

/** A quantile of a histogram, by these labels. `metric` without `_bucket`; `matchers` without braces. */
export function quantile(of: number, metric: string, options: { matchers?: string; by?: readonly string[] } = {}): string {
  const { matchers = '', by = [] } = options;
  const selector = `${metric}_bucket${matchers === '' ? '' : `{${matchers}}`}`;
  return `histogram_quantile(${of}, sum by (${['le', ...by].join(', ')}) (rate(${selector}[${WINDOW}])))`;
}

/** Share of `part` in `whole`, 0 where nothing of `part` has ever been counted. */
export function share(part: string, whole: string): string {
  return `(${rate(part)} or ${rate(whole)} * 0) / ${rate(whole)}`;
}

function clause(by: readonly string[]): string {
  return by.length === 0 ? '' : ` by (${by.join(', ')})`;
}
