import { DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';
import { JAEGER } from './sources.ts';

/** Opens Explore on the traces of one service in the time that is shown; `operation` narrows it to one kind of span. */
export function tracesOf(service: string, operation?: string): DashboardLinkBuilder {
  const query = {
    refId: 'A',
    datasource: JAEGER,
    queryType: 'search',
    service,
    ...(operation === undefined ? {} : { operation }),
  };
  const pane = { datasource: JAEGER.uid, queries: [query], range: { from: '${__from}', to: '${__to}' } };
  return new DashboardLinkBuilder(`Traces of ${service}`)
    .type(DashboardLinkType.Link)
    .url(`/explore?schemaVersion=1&orgId=1&panes=${encoded({ a: pane })}`)
    .targetBlank(true);
}

/** Percent-encoded, but for the variables that Grafana puts in. */
function encoded(value: unknown): string {
  return encodeURIComponent(JSON.stringify(value)).replaceAll(/%24%7B(\w+)%7D/g, '${$1}');
}

/** All of these dashboards, from each of them. */
export function siblings(): DashboardLinkBuilder {
  return new DashboardLinkBuilder('Techno OS')
    .type(DashboardLinkType.Dashboards)
    .tags(['techno'])
    .asDropdown(true)
    .includeVars(false)
    .keepTime(true);
}

export function jaegerLink(): DashboardLinkBuilder {
  const pane = { datasource: JAEGER.uid, queries: [{ refId: 'A', datasource: JAEGER, queryType: 'search' }] };
  return new DashboardLinkBuilder('Jaeger')
    .type(DashboardLinkType.Link)
    .url(`/explore?schemaVersion=1&orgId=1&panes=${encoded({ a: pane })}`)
    .targetBlank(true);
}
