import { pino } from 'pino';
import type { LogDestination } from './destination.ts';
import { redactFields } from './redact.ts';
import { scrubLine, scrubText } from './scrub.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Fields first, then a message that never varies: `log.info({ actor, attempt }, 'actor.attempted')`. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  fatal(fields: object, message: string): void;
  /** The same log with these fields on every line. Costs nothing until a line is written. */
  child(fields: object): Logger;
  isEnabled(level: LogLevel): boolean;
}

export interface LoggerOptions {
  readonly service: string;
  readonly level: LogLevel;
  readonly destination: LogDestination;
  readonly timestamp: () => string;
}

type WritingLevel = Exclude<LogLevel, 'trace' | 'silent'>;

/** JSON lines: level, time, service, pid, trace_id, the fields, msg. Nothing that is logged can throw or leak a secret. */
export function createLogger({ service, level, destination, timestamp }: LoggerOptions): Logger {
  const lines = pino(
    {
      level,
      base: { service, pid: process.pid },
      timestamp: () => `,"time":"${timestamp()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (error: unknown) => error },
      // The last look at the whole line: names of fields can hold secrets too.
      hooks: { streamWrite: scrubLine },
    },
    destination,
  );

  const write = (at: WritingLevel, bound: object | undefined, fields: object, message: string): void => {
    if (!lines.isLevelEnabled(at)) return;
    lines[at]({ ...safely(bound), ...safely(fields) }, scrubText(message));
  };

  const logger = (bound: object | undefined): Logger => ({
    debug: (fields, message) => write('debug', bound, fields, message),
    info: (fields, message) => write('info', bound, fields, message),
    warn: (fields, message) => write('warn', bound, fields, message),
    error: (fields, message) => write('error', bound, fields, message),
    fatal: (fields, message) => write('fatal', bound, fields, message),
    child: (fields) => logger({ ...bound, ...fields }),
    isEnabled: (asked) => lines.isLevelEnabled(asked),
  });
  return logger(undefined);
}

function safely(fields: object | undefined): object | undefined {
  if (fields === undefined) return undefined;
  try {
    return redactFields(fields);
  } catch {
    // A getter or a toJSON that throws.
    return { unloggable: true };
  }
}
