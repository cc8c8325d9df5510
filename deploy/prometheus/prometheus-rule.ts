import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';

const RULES = path.join(import.meta.dirname, 'rules');

/** The files in rules/, all of them, as one object that Prometheus Operator reads: `k8s/base/alerts.yaml`. */
export function prometheusRule(): string {
  const groups = readdirSync(RULES)
    .filter((file) => file.endsWith('.yml'))
    .toSorted()
    .flatMap((file) => (parse(readFileSync(path.join(RULES, file), 'utf8')) as { groups: unknown[] }).groups);
  const object = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'techno-os', labels: { 'app.kubernetes.io/part-of': 'techno-os' } },
    spec: { groups },
  };
  return `# Made from deploy/prometheus/rules; \`npx vitest run tests/ship -u\` writes it anew.\n${stringify(object, { lineWidth: 0, singleQuote: true })}`;
}
