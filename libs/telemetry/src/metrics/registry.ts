import { Registry, type RegistryContentType } from 'prom-client';

export interface Exposition {
  readonly contentType: string;
  readonly body: string;
}

/** A registry of its own, read in the format the scraper asks for: exemplars exist in OpenMetrics only. */
export function createRegistry(): { registry: Registry; render: (accept?: string) => Promise<Exposition> } {
  const registry = new Registry();
  const eitherFormat = registry as Registry<RegistryContentType>;
  // Metrics with exemplars can only be made in this format.
  eitherFormat.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  let names: Map<object, string> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const renderOne = async (accept: string): Promise<Exposition> => {
    const metrics = registry.getMetricsAsArray() as unknown as { name: string }[];
    // prom-client cuts `_total` off the metric itself when it writes OpenMetrics, so the next plain text would lack it.
    names = new Map(metrics.map((metric) => [metric, names?.get(metric) ?? metric.name]));
    for (const metric of metrics) metric.name = names.get(metric) ?? metric.name;
    const contentType = accept.includes('application/openmetrics-text')
      ? Registry.OPENMETRICS_CONTENT_TYPE
      : Registry.PROMETHEUS_CONTENT_TYPE;
    eitherFormat.setContentType(contentType);
    return { contentType, body: await registry.metrics() };
  };

  return {
    registry,
    // One at a time: the format is a property of the registry.
    render(accept = '') {
      const rendered = last.then(() => renderOne(accept));
      last = rendered.catch(() => undefined);
      return rendered;
    },
  };
}
