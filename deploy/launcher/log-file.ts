import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Of pino, PostgreSQL, nats-server, and Node itself. */
const COMPLAINT = /"level":("error"|"fatal"|[56]0)|(FATAL|PANIC|ERROR):|\[(FTL|ERR)\]|nats-server: |^\w*Error\b/;

/** Opened for appending: children write to it themselves, and truncating it leaves no hole before their next line. */
export function openLog(file: string): number {
  return openSync(file, 'a', 0o600);
}

/** Why a process ended, in its own words. */
export interface Complaint {
  /** One line for people: code and message of a JSON line, else the line itself. */
  readonly cause: string;
  readonly fix: string | undefined;
}

/** What the log complains of last, near its end. */
export function lastComplaint(file: string): Complaint | undefined {
  const line = tail(file)
    .split('\n')
    .findLast((text) => COMPLAINT.test(text));
  return line === undefined ? undefined : inWords(line);
}

/** The last 64 KiB. */
function tail(file: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const { size } = fstatSync(descriptor);
    const end = Buffer.alloc(Math.min(size, 64 * 1024));
    readSync(descriptor, end, 0, end.length, size - end.length);
    return end.toString('utf8');
  } catch {
    return '';
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function inWords(line: string): Complaint {
  try {
    const entry = JSON.parse(line) as Partial<Record<'code' | 'error' | 'msg' | 'fix', string>>;
    const cause = [entry.code, entry.error ?? entry.msg].filter(Boolean).join(': ');
    return { cause: cause || line, fix: entry.fix };
  } catch {
    return { cause: line.slice(0, 500), fix: undefined };
  }
}
