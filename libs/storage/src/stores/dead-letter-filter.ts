import type { DeadLetterFilter } from '@techno/contracts';

/** Conditions on `worker_dlq d` and their parameters, which follow those given. */
export interface Where {
  readonly text: string;
  readonly values: unknown[];
  /** One for each combination of conditions: a statement is prepared under its own name. */
  readonly shape: string;
}

/** Turns a filter into a condition. An empty one holds for all. */
export function whereOf(filter: DeadLetterFilter, given: readonly unknown[] = []): Where {
  const values: unknown[] = [...given];
  const conditions: string[] = [];
  const names: string[] = [];
  const add = (name: string, value: unknown, condition: (parameter: string) => string) => {
    if (value === undefined) return;
    values.push(value);
    names.push(name);
    conditions.push(condition(`$${values.length}`));
  };
  add('st', filter.status, (p) => `d.status = ${p}`);
  add('ac', filter.actor, (p) => `d.actor = ${p}`);
  add('co', filter.code, (p) => `d.error_code = ${p}`);
  add('si', filter.signature, (p) => `d.error_signature = ${p}`);
  add('jn', filter.job_name, (p) => `d.job_name = ${p}`);
  add('su', filter.subject, (p) => `d.subject = ${p}`);
  add('tr', filter.trace_id, (p) => `d.trace_id = ${p}`);
  add('ji', filter.job_id, (p) => `d.job_id = ${p}`);
  add('fr', filter.from, (p) => `d.last_failure_at >= ${p}`);
  add('to', filter.to, (p) => `d.last_failure_at < ${p}`);
  add('qu', filter.quarantined, (p) => `d.quarantined = ${p}`);
  add('re', filter.reason, (p) => `d.reason = ${p}`);
  add('te', filter.text && `%${escapeLike(filter.text)}%`, (p) => `(d.error_message ilike ${p} or d.payload ilike ${p})`);
  return { text: conditions.length === 0 ? 'true' : conditions.join(' and '), values, shape: names.join('') };
}

/** What is looked for literally: in a pattern these three characters mean something. */
function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, (character) => `\\${character}`);
}
