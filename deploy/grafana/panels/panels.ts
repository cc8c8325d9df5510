import {
  BigValueColorMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { type DashboardLinkBuilder, ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatPanel } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TablePanel } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesPanel } from '@grafana/grafana-foundation-sdk/timeseries';
import { PROMETHEUS } from './sources.ts';

export interface Query {
  /** PromQL; `$__rate_interval` is Grafana's. */
  readonly expr: string;
  /** `{{label}}` */
  readonly legend?: string;
  /** Shows the traces behind a histogram as dots that open in Jaeger. */
  readonly exemplars?: boolean;
}

export interface PanelSpec {
  readonly title: string;
  /** What it means and when to worry: read by somebody who sees the system for the first time. */
  readonly description: string;
  readonly queries: readonly Query[];
  /** Grafana's unit id. */
  readonly unit?: string;
  /** Of 24 columns. */
  readonly span?: number;
  readonly min?: number;
  readonly max?: number;
  /** Values from which on it is drawn in yellow and in red. */
  readonly warnFrom?: number;
  readonly alarmFrom?: number;
  /** The same downwards: red below. */
  readonly alarmBelow?: number;
  readonly links?: readonly DashboardLinkBuilder[];
  readonly decimals?: number;
  readonly stacked?: boolean;
}

const GRAPH = { span: 12, height: 8 } as const;
const STAT = { span: 4, height: 4 } as const;

/** Lines over time. */
export function graph(spec: PanelSpec): TimeseriesPanel {
  const panel = new TimeseriesPanel()
    .title(spec.title)
    .description(spec.description)
    .datasource(PROMETHEUS)
    .span(spec.span ?? GRAPH.span)
    .height(GRAPH.height)
    .unit(spec.unit ?? 'short')
    .min(spec.min ?? 0)
    .drawStyle(GraphDrawStyle.Line)
    .lineWidth(1)
    .fillOpacity(spec.stacked === true ? 30 : 8)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['mean', 'max', 'lastNotNull']),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .thresholds(thresholds(spec))
    .links([...(spec.links ?? [])])
    .targets(targets(spec.queries));
  if (spec.max !== undefined) panel.max(spec.max);
  if (spec.decimals !== undefined) panel.decimals(spec.decimals);
  if (spec.stacked === true) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  return panel;
}

/** One figure, as it is now. */
export function stat(spec: PanelSpec): StatPanel {
  const panel = new StatPanel()
    .title(spec.title)
    .description(spec.description)
    .datasource(PROMETHEUS)
    .span(spec.span ?? STAT.span)
    .height(STAT.height)
    .unit(spec.unit ?? 'short')
    .colorMode(BigValueColorMode.Background)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .thresholds(thresholds(spec))
    .links([...(spec.links ?? [])])
    .targets(targets(spec.queries));
  if (spec.decimals !== undefined) panel.decimals(spec.decimals);
  return panel;
}

/** Rows of labels with their value now. */
export function table(spec: PanelSpec): TablePanel {
  return new TablePanel()
    .title(spec.title)
    .description(spec.description)
    .datasource(PROMETHEUS)
    .span(spec.span ?? GRAPH.span)
    .height(GRAPH.height)
    .unit(spec.unit ?? 'short')
    .thresholds(thresholds(spec))
    .links([...(spec.links ?? [])])
    .transformations([{ id: 'organize', options: { excludeByName: { Time: true } } }])
    .targets(spec.queries.map((query, index) => target(query, index).instant().format(PromQueryFormat.Table)));
}

function targets(queries: readonly Query[]): DataqueryBuilder[] {
  return queries.map((query, index) => target(query, index).range());
}

function target({ expr, legend, exemplars }: Query, index: number): DataqueryBuilder {
  const query = new DataqueryBuilder()
    .expr(expr)
    .refId(String.fromCharCode(65 + index))
    .datasource(PROMETHEUS);
  if (legend !== undefined) query.legendFormat(legend);
  if (exemplars === true) query.exemplar(true);
  return query;
}

function thresholds({ warnFrom, alarmFrom, alarmBelow }: PanelSpec): ThresholdsConfigBuilder {
  const steps =
    alarmBelow === undefined
      ? [
          { value: null, color: 'green' },
          ...(warnFrom === undefined ? [] : [{ value: warnFrom, color: 'yellow' }]),
          ...(alarmFrom === undefined ? [] : [{ value: alarmFrom, color: 'red' }]),
        ]
      : [
          { value: null, color: 'red' },
          { value: alarmBelow, color: 'green' },
        ];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}
