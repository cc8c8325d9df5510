/* oxlint-disable typescript/no-deprecated -- the schema that Grafana provisions from files */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type Panel,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { jaegerLink, siblings } from './links.ts';

export interface Section {
  readonly title: string;
  readonly panels: readonly Builder<Panel>[];
}

export interface DashboardSpec {
  /** In its address and in links from alerts: it never changes. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly sections: readonly Section[];
}

/** A dashboard with what they all share: refresh, a common crosshair, links to the others and to Jaeger. */
export function dashboard({ uid, title, description, sections }: DashboardSpec): Dashboard {
  const builder = new DashboardBuilder(`Techno OS / ${title}`)
    .uid(uid)
    .description(description)
    .tags(['techno'])
    .readonly()
    .timezone('browser')
    .time({ from: 'now-1h', to: 'now' })
    .refresh('10s')
    .tooltip(DashboardCursorSync.Crosshair)
    .links([siblings(), jaegerLink()]);
  for (const section of sections) {
    builder.withRow(new RowBuilder(section.title));
    for (const panel of section.panels) builder.withPanel(panel);
  }
  const built = builder.build();
  // Links to a panel go by its number, and the builder gives all rows the same.
  built.panels?.forEach((panel, index) => (panel.id = index + 1));
  return built;
}
