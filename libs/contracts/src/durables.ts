import type { ServiceName } from './services.ts';
import type { StreamName } from './streams.ts';

/**
 * Every durable consumer there is, by the service whose actor it is named after. A service's credentials reach these and no
 * others, so an actor that is not listed does not start; libs/service says so at boot.
 */
export const DURABLES: Readonly<Record<ServiceName, Readonly<Partial<Record<StreamName, readonly string[]>>>>> = {
  gateway: {},
  'gate-engine': { ACTIONS: ['decide-action'] },
  executor: {
    ACTIONS: [
      'execute-echo_executor_v1',
      'execute-document_executor_v1',
      'execute-llm_executor_v1',
      'execute-http_executor_v1',
      'execute-notify_executor_v1',
      'execute-receipt_executor_v1',
      'execute-composite_executor_v1',
    ],
  },
  notifier: { NOTIFICATIONS: ['accept-notification', 'apply-receipts'] },
  scheduler: { JOBS: ['advance-schedules', 'run-job'] },
  'dlq-replayer': { ADVISORIES: ['follow-advisories'], DEAD_LETTERS: ['collect-dead-letters'] },
  auditor: {
    ACTIONS: ['record-actions'],
    NOTIFICATIONS: ['record-notifications'],
    JOBS: ['record-jobs'],
    DEAD_LETTERS: ['record-dead-letters'],
  },
};

/** Those whose actor takes batches: it tries again in place, so it schedules no retries. */
const IN_BATCHES = new Set([
  'record-actions',
  'record-notifications',
  'record-jobs',
  'record-dead-letters',
  'collect-dead-letters',
]);

/** Whether the actor of a durable schedules its retries. */
export const schedulesRetries = (durable: string): boolean => !IN_BATCHES.has(durable);

const ALL = new Set(Object.values(DURABLES).flatMap((streams) => Object.values(streams).flat()));

/**
 * Whether a message was put where it is by the schedule of another actor. JetStream holds a schedule's subject against the
 * rights of its publisher, but not its target: any subject of the same stream. The server says which schedule it was.
 * @param scheduler the header `Nats-Scheduler`
 */
export function isForeignSchedule(actor: string, scheduler: string | undefined): boolean {
  const [, , by] = scheduler?.split('.') ?? [];
  return by !== undefined && by !== actor && ALL.has(by);
}

/** The durables of one service, one by one. */
export function durablesOf(service: ServiceName): readonly { readonly stream: StreamName; readonly name: string }[] {
  return Object.entries(DURABLES[service]).flatMap(([stream, names]) =>
    names.map((name) => ({ stream: stream as StreamName, name })),
  );
}
