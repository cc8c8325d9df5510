import { readFileSync } from 'node:fs';
import { writeAtomically } from './atomic-file.ts';

/** What scripts find in `stack.json`: addresses, credentials and processes of the running stack. */
export interface Stack {
  readonly gateway: string;
  readonly nats: string;
  /** The superuser's. */
  readonly postgres: string;
  /** Of role `development`, with a limit that bears load tests. */
  readonly apiKey: string;
  readonly adminKey: string;
  readonly webhook: { readonly source: string; readonly secret: string; readonly url: string };
  /** Where Alertmanager reports what fires. */
  readonly alerts: { readonly source: string; readonly token: string; readonly url: string };
  /** What stands in for mail and message providers: page and API, and the SMTP port. */
  readonly standIns: { readonly url: string; readonly smtpPort: number };
  readonly processes: readonly StackProcess[];
  readonly infrastructure: readonly Infrastructure[];
  readonly launcher: { readonly pid: number };
  /** RFC 3339. */
  readonly startedAt: string;
}

export interface StackProcess {
  /** `executor`, and `executor-2`, … for its replicas. */
  readonly id: string;
  readonly service: string;
  readonly pid: number;
  /** Base URL of its operations endpoints. */
  readonly ops: string;
}

export interface Infrastructure {
  readonly name: 'nats' | 'postgres' | 'stand-ins';
  readonly pid: number;
  readonly dir: string;
  /** Base URL of its monitoring endpoints. */
  readonly monitor?: string;
}

export function writeStack(file: string, stack: Stack): void {
  writeAtomically(file, stack);
}

/** @returns undefined when there is none. */
export function readStack(file: string): Stack | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Stack;
  } catch {
    return undefined;
  }
}
