import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

export const ROOT = path.resolve(import.meta.dirname, '../..');
export const RULE_FILES = globSync('deploy/prometheus/rules/*.yml', { cwd: ROOT }).toSorted();
export const TEST_FILES = globSync('deploy/prometheus/tests/*.yml', { cwd: ROOT }).toSorted();

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
export type Alert = Rule & { readonly alert: string };

export interface RuleTest {
  readonly name: string;
  readonly input_series: readonly { readonly series: string; readonly values: string }[];
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
}

export const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

export function rules(): Rule[] {
  return RULE_FILES.flatMap((file) =>
    (parse(read(file)) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules),
  );
}

export function alerts(): Alert[] {
  return rules().filter((rule): rule is Alert => rule.alert !== undefined);
}

export function ruleTests(): RuleTest[] {
  return TEST_FILES.flatMap((file) => (parse(read(file)) as { tests: RuleTest[] }).tests);
}
