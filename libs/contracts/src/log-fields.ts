import { z } from 'zod';

/** What a field of a log line may hold, in words that docs/LOGS.md uses. */
export const FIELD_TYPES = {
  string: z.string(),
  integer: z.number().int(),
  number: z.number(),
  boolean: z.boolean(),
  strings: z.array(z.string()),
  time: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'expected RFC 3339 in UTC with milliseconds'),
  'trace id': z.string().regex(/^tr_[0-9a-f]{32}$/, 'expected tr_ and 32 hex digits'),
  error: z.looseObject({ type: z.string(), message: z.string() }),
  micros: z.record(z.string().regex(/^G\d+$/), z.number()),
} as const satisfies Record<string, z.ZodType>;

export type FieldType = keyof typeof FIELD_TYPES;

export interface Field {
  readonly type: FieldType;
  readonly says: string;
}

const field = (type: FieldType, says: string): Field => ({ type, says });

/** On every line, whatever it says. */
export const COMMON_FIELDS = {
  level: field('string', '`debug`, `info`, `warn`, `error` or `fatal`'),
  time: field('time', 'When it was written'),
  service: field('string', 'The deployable that wrote it: `gateway`, `gate-engine`, …'),
  pid: field('integer', 'Its process id'),
} as const;

/** Beside them, on a line that is no canonical event. A line has those that its message has; nothing else. */
export const MESSAGE_FIELDS: Readonly<Record<string, Field>> = {
  msg: field('string', 'What happened: one of the messages below, never with anything put into it'),
  trace_id: field('trace id', 'The action it belongs to; opens its trace, its audit trail and its other lines'),
  actor: field('string', 'The durable consumer'),
  actors: field('strings', 'The durable consumers of the process'),
  attempt: field('integer', 'Attempts of the message so far, this one included'),
  backlog: field('integer', 'Accepted requests that NATS has not taken yet'),
  breaker: field('string', 'Whose breaker'),
  cause: field('string', 'What groups dead letters: their error signature'),
  channel: field('string', 'Channel and provider: `email:smtp`'),
  channels: field('strings', 'Channels that are configured'),
  code: field('string', 'Of docs/ERRORS.md'),
  consumer: field('string', 'The durable consumer'),
  count: field('integer', 'How many'),
  driven: field('integer', 'Accepted requests that were driven again'),
  durationMs: field('number', 'How long the attempt took, in milliseconds'),
  endpoint: field('string', 'Where spans are sent'),
  err: field('error', 'A whole error: `type`, `code`, `message`, `stack`, `cause`'),
  error: field('string', 'What went wrong, in words'),
  fix: field('string', 'What an operator can do about it'),
  gate: field('string', '`G0` to `G10`'),
  graceMs: field('integer', 'How long what is in flight may still take, in milliseconds'),
  item: field('string', 'Id of an event or task of the agenda'),
  job: field('string', 'Id of a bulk replay, or name of a job of the system'),
  loop: field('string', 'Which of the process’s loops'),
  lost: field('integer', 'Reminders that could no longer be given in time'),
  messages: field('integer', 'How many messages are concerned'),
  method: field('string', 'HTTP method'),
  opsPort: field('integer', 'Port of `/healthz`, `/readyz` and `/metrics`'),
  outcome: field('string', '`retry`, `dead_letter` or `released`; attempts that succeed write no line'),
  part: field('string', 'Which part of the process'),
  port: field('integer', 'Port of the API'),
  problem: field('string', 'What went wrong, in words; it is tried again'),
  reason: field('string', 'Why'),
  restarts: field('integer', 'How often the part was started again within a minute'),
  route: field('string', 'Template of the route: `/v1/actions/{trace_id}`'),
  schedule: field('string', 'Id of a schedule'),
  settled: field('integer', 'Accepted requests that turned out to have ended'),
  source: field('string', 'A webhook source'),
  spans: field('integer', 'How many spans'),
  stack: field('string', 'Where the error was thrown'),
  state: field('string', '`open`, `half-open` or `closed`'),
  status: field('string', 'Of the connection to NATS'),
  traceId: field('trace id', 'As `trace_id`, of a request that failed inside the gateway'),
  type: field('string', 'Type of the message: `action.allowed`'),
  version: field('string', 'Version of the service'),
};

/** Every `msg` there is. */
export const LOG_MESSAGES: Readonly<Record<string, { readonly level: string; readonly says: string }>> = {
  'actor.attempted': {
    level: 'warn, error',
    says: 'An attempt at a message failed: it will be made again, went to the dead letters, or was given back',
  },
  'actor.held': {
    level: 'warn',
    says: 'What became of a message cannot be told to the bus for now: it stays in hand, and costs no attempt',
  },
  'answer.not_kept': {
    level: 'error',
    says: 'The first answer under an Idempotency-Key could not be stored; a repeat is answered from the record',
  },
  'auditor.blind': { level: 'warn', says: 'How far behind the record is could not be read' },
  'breaker.changed': { level: 'warn', says: 'A breaker of the executor opened, is tried, or closed' },
  'channel.changed': { level: 'warn', says: 'A channel was closed to deliveries, or opened again' },
  'channels.configured': { level: 'info', says: 'At boot: the channels people can be told over' },
  'consumer.problem': { level: 'warn', says: 'A pull broke, or a batch failed; it is tried again' },
  'dead_letters.permanent_failure': { level: 'error', says: 'The automatic replays of a dead letter are used up' },
  'driver.waiting': { level: 'error', says: 'NATS does not take accepted requests; they wait' },
  'facts.problem': { level: 'error', says: 'Keys and policy could not be refreshed; too old, every decision is a denial' },
  'gate.error': { level: 'error', says: 'A gate threw; the request was denied' },
  'http.handler_failed': { level: 'error', says: 'A route threw what it should not have; the caller got a 500' },
  'http.listening': { level: 'info', says: 'At boot: the API is open' },
  'nats.status': { level: 'warn', says: 'The connection to NATS was lost, came back, or complains' },
  'notifier.problem': { level: 'error', says: 'A part of the notifier failed; it is tried again' },
  'reminders.item_failed': { level: 'error', says: 'An item of the agenda could not be looked at; the others are' },
  'reminders.lost': { level: 'warn', says: 'Reminders that nobody confirmed, too late to give again' },
  'replayer.problem': { level: 'warn', says: 'A part of the replayer failed; it is tried again' },
  'scheduler.problem': { level: 'warn', says: 'A part of the scheduler failed; it is tried again' },
  'service.close_failed': { level: 'warn', says: 'At the end: something could not be closed in order' },
  'service.draining': { level: 'info', says: 'Asked to stop: nothing new is taken, what is in flight is finished' },
  'service.failed': { level: 'fatal', says: 'The process ends; `code`, `error` and `fix` say why and what to do' },
  'service.ready': { level: 'info', says: 'Everything it needs is there and it works' },
  'service.stopped': { level: 'info', says: 'Everything in flight has ended' },
  'sources.problem': { level: 'error', says: 'Webhook sources could not be read; those known go on being used' },
  'supervisor.restarting': { level: 'error', says: 'A part ended by itself and is started again' },
  'sweeper.drove': { level: 'warn', says: 'Accepted requests had not ended in time and were driven again' },
  'sweeper.problem': { level: 'error', says: 'The sweeper could not look; it does again' },
  'traces.export_failed': { level: 'warn', says: 'The collector does not take spans; at most once a minute' },
};
