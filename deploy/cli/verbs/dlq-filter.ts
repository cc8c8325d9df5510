import { type Command, InvalidArgumentError } from 'commander';
import { DAY, HOUR, MINUTE, rfc3339, SECOND } from '@techno/kernel';

export interface FilterFlags {
  readonly status?: string;
  readonly actor?: string;
  readonly code?: string;
  readonly signature?: string;
  readonly jobName?: string;
  readonly subject?: string;
  readonly trace?: string;
  readonly text?: string;
  readonly discardedFor?: string;
  readonly olderThan?: string;
  readonly newerThan?: string;
}

const UNITS: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY };

/** An age such as `90m` as the time that long ago. */
function age(text: string): string {
  const [, number, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const unitMs = UNITS[unit];
  if (number === undefined || unitMs === undefined) throw new InvalidArgumentError('It must be a number and s, m, h or d.');
  return rfc3339(Date.now() - Number(number) * unitMs);
}

export const FILTERS = { age } as const;

export function withFilterOptions(command: Command): Command {
  return command
    .option('--status <status>', 'pending, replaying, replayed, discarded or permanent_failure')
    .option('--actor <name>', 'whose they are')
    .option('--code <code>', 'error code')
    .option('--signature <signature>', 'error signature, from groups')
    .option('--job-name <name>', 'the action, or the type of another message')
    .option('--subject <subject>', 'where it was published')
    .option('--trace <trace>', 'tr_…')
    .option('--text <text>', 'in the error message or the payload')
    .option('--discarded-for <reason>', 'why it was discarded, such as RATE_LIMIT_EXCEEDED')
    .option('--older-than <age>', 'last failed longer ago than 90m, 12h, 3d', age)
    .option('--newer-than <age>', 'last failed since', age);
}

/** The filter as the API takes it. */
export function filterOf(flags: FilterFlags): Record<string, string> {
  const { status, actor, code, signature, jobName: job_name, subject, trace: trace_id, text, discardedFor: reason } = flags;
  const { newerThan: from, olderThan: to } = flags;
  return given({ status, actor, code, signature, job_name, subject, trace_id, text, reason, from, to });
}

export function queryOf(flags: FilterFlags, more: Readonly<Record<string, string | number | undefined>> = {}): string {
  return new URLSearchParams({ ...filterOf(flags), ...given(more) }).toString();
}

function given(values: Readonly<Record<string, string | number | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}
