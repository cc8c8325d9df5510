import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { configured } from '../alertmanager/settings.ts';
import { type ScrapedStack, targetsOf } from '../prometheus/targets.ts';
import { type Pace, paced } from './pace.ts';

const DEPLOY = path.resolve(import.meta.dirname, '..');

/** Where Prometheus and Alertmanager of one stack keep everything: configuration, data, logs. */
export interface MonitoringFolder {
  readonly dir: string;
  readonly prometheusConfig: string;
  readonly prometheusData: string;
  readonly alertmanagerConfig: string;
  readonly alertmanagerData: string;
  logOf(program: string): string;
}

export interface MonitoringAddresses {
  /** `host:port`. */
  readonly prometheus: string;
  readonly alertmanager: string;
}

/** Lays out the folder from the files of deploy/prometheus and deploy/alertmanager, for the gateway of one stack. */
export function layOut(
  dir: string,
  { gateway, pace }: { gateway: { url: string; token: string }; pace: Pace },
): MonitoringFolder {
  const at = (...parts: string[]) => path.join(dir, ...parts);
  for (const folder of ['rules', 'targets']) mkdirSync(at('prometheus', folder), { recursive: true });
  const copy = (from: string, to: string, change: (text: string) => string = (text) => text) =>
    writeFileSync(to, change(paced(readFileSync(from, 'utf8'), pace)));

  copy(path.join(DEPLOY, 'prometheus/prometheus.yml'), at('prometheus/prometheus.yml'));
  const rules = path.join(DEPLOY, 'prometheus/rules');
  for (const file of readdirSync(rules)) copy(path.join(rules, file), at('prometheus/rules', file));
  const token = at('alerts_token');
  writeFileSync(token, gateway.token, { mode: 0o600 });
  copy(path.join(DEPLOY, 'alertmanager/alertmanager.yml'), at('alertmanager.yml'), (text) =>
    configured(text, { gatewayUrl: gateway.url, gatewayTokenFile: token }),
  );
  return {
    dir,
    prometheusConfig: at('prometheus/prometheus.yml'),
    prometheusData: at('prometheus-data'),
    alertmanagerConfig: at('alertmanager.yml'),
    alertmanagerData: at('alertmanager-data'),
    logOf: (program) => at(`${program}.log`),
  };
}

/** Tells Prometheus what to scrape; it notices by itself. Readers see whole files only. */
export function writeTargets(dir: string, stack: ScrapedStack, addresses: MonitoringAddresses): void {
  for (const [name, groups] of Object.entries(targetsOf(stack, addresses))) {
    const file = path.join(dir, 'prometheus/targets', name);
    writeFileSync(`${file}.tmp`, JSON.stringify(groups, null, 2));
    renameSync(`${file}.tmp`, file);
  }
}
