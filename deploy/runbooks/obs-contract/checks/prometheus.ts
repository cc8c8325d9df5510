import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { SERVICES } from '@techno/contracts';
import { until } from '@techno/embedded';
import { SECOND } from '@techno/kernel';
import { parse } from 'yaml';
import { BrokenPromise, refuse } from '../broken-promise.ts';
import { prometheusApi, type PrometheusApi, type RuleGroup } from '../prometheus.ts';
import { ROOT } from '../settings.ts';
import type { Check } from './check.ts';

const RULES = path.join(ROOT, 'deploy/prometheus/rules');
const ANNOTATIONS = ['summary', 'impact', 'action', 'runbook_url'] as const;

/** Prometheus scrapes everything, has every rule of the repository, evaluates them, and knows whom to tell. */
export const prometheus: Check = {
  name: 'prometheus',
  promise: 'every process is scraped, every rule is loaded and evaluates, Alertmanager is found',
  async check({ world, settleMs, keep }) {
    const api = prometheusApi(world.prometheusUrl);
    let faults: string[] = ['Prometheus was not asked'];
    await until(async () => (faults = await look(api)).length === 0, { timeoutMs: settleMs, everyMs: 1 * SECOND }).catch(
      (error: unknown) => {
        const { cause } = error as Error;
        if (cause instanceof Error) throw new BrokenPromise(`Prometheus at ${api.url}: ${cause.message}`, { cause });
      },
    );
    const groups = await api.rules();
    keep('targets.json', await api.targets());
    keep('rules.json', groups);
    refuse(faults);
    return `${(await api.targets()).length} targets up, ${groups.flatMap(({ rules }) => rules).length} rules`;
  },
};

async function look(api: PrometheusApi): Promise<string[]> {
  const targets = await api.targets();
  const groups = await api.rules();
  const alertmanagers = await api.alertmanagers();
  return [
    ...targets
      .filter(({ health }) => health !== 'up')
      .map(({ labels, scrapeUrl, lastError }) => `${labels['service'] ?? ''}: its target ${scrapeUrl} is not up: ${lastError}`),
    ...SERVICES.filter(
      (service) => !targets.some(({ labels }) => labels['job'] === 'techno' && labels['service'] === service),
    ).map((service) => `${service}: Prometheus has no target of it`),
    ...(alertmanagers.length === 0 ? ['Prometheus knows no Alertmanager'] : []),
    ...ruleFaults(groups),
  ];
}

function ruleFaults(groups: readonly RuleGroup[]): string[] {
  const loaded = groups.flatMap(({ rules }) => rules);
  const missing = rulesOfRepository().filter((name) => !loaded.some((rule) => rule.name === name));
  return [
    ...missing.map((name) => `the rule ${name} is not loaded`),
    ...loaded
      .filter(({ health }) => health !== 'ok')
      .map(({ name, health, lastError }) => `the rule ${name} is ${health}: ${lastError ?? 'not evaluated yet'}`),
    ...loaded
      .filter(({ type }) => type === 'alerting')
      .flatMap(({ name, labels = {}, annotations = {} }) => [
        ...(labels['severity'] === undefined ? [`the alert ${name} has no severity`] : []),
        ...ANNOTATIONS.filter((one) => !annotations[one]).map((one) => `the alert ${name} has no ${one}`),
        ...(existsSync(path.join(ROOT, pageOf(annotations['runbook_url'])))
          ? []
          : [`the runbook of the alert ${name}, ${annotations['runbook_url'] ?? ''}, does not exist`]),
      ]),
  ];
}

/** The page in the repository, whether the address is a path or somewhere it is served. */
function pageOf(url = ''): string {
  return /docs\/runbooks\/[^#?]+/.exec(url)?.[0] ?? 'docs/runbooks/none';
}

function rulesOfRepository(): string[] {
  return readdirSync(RULES)
    .filter((file) => /\.ya?ml$/.test(file))
    .flatMap((file) => {
      const { groups } = parse(readFileSync(path.join(RULES, file), 'utf8')) as {
        groups: { rules: { alert?: string; record?: string }[] }[];
      };
      return groups.flatMap(({ rules }) => rules.map(({ alert, record }) => alert ?? record ?? ''));
    });
}
