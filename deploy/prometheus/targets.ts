/** The files that Prometheus finds its targets in, for one stack. Shapes: prometheus.io, `file_sd_config`. */
export interface TargetFiles {
  readonly 'services.json': readonly TargetGroup[];
  readonly 'monitoring.json': readonly TargetGroup[];
  readonly 'alertmanagers.json': readonly TargetGroup[];
}

export interface TargetGroup {
  /** `host:port`. */
  readonly targets: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** What is to be scraped, as `stack.json` has it. */
export interface ScrapedStack {
  readonly processes: readonly { readonly service: string; readonly ops: string }[];
}

/**
 * The targets of an embedded stack. Rules and dashboards go by the label `service`, so every target has it.
 * @param stack `.techno/stack.json`
 * @param monitoring `host:port` of Prometheus and Alertmanager themselves
 */
export function targetsOf(
  { processes }: ScrapedStack,
  monitoring: { readonly prometheus: string; readonly alertmanager: string },
): TargetFiles {
  const byService = new Map<string, string[]>();
  for (const { service, ops } of processes) byService.set(service, [...(byService.get(service) ?? []), new URL(ops).host]);
  return {
    'services.json': [...byService].map(([service, targets]) => ({ targets, labels: { service } })),
    'monitoring.json': [
      { targets: [monitoring.prometheus], labels: { service: 'prometheus' } },
      { targets: [monitoring.alertmanager], labels: { service: 'alertmanager' } },
    ],
    'alertmanagers.json': [{ targets: [monitoring.alertmanager] }],
  };
}
