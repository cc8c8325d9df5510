import * as actions from './actions.ts';
import * as agendaRequests from './agenda-requests.ts';
import * as auditorRequests from './auditor-requests.ts';
import * as contacts from './contacts.ts';
import * as deadLetter from './dead-letter.ts';
import * as dlqMessages from './dlq-messages.ts';
import * as dlqRequests from './dlq-requests.ts';
import * as gateEngineRequests from './gate-engine-requests.ts';
import * as jobs from './jobs.ts';
import type { MessageContract } from './message.ts';
import * as notifications from './notifications.ts';
import * as notificationsRequests from './notifications-requests.ts';
import * as notificationsTemplates from './notifications-templates.ts';
import type { RequestContract } from './request.ts';
import * as schedulesRequests from './schedules-requests.ts';
import * as steps from './steps.ts';

const exported: readonly unknown[] = [
  actions,
  agendaRequests,
  auditorRequests,
  contacts,
  deadLetter,
  dlqMessages,
  dlqRequests,
  gateEngineRequests,
  jobs,
  notifications,
  notificationsRequests,
  notificationsTemplates,
  schedulesRequests,
  steps,
].flatMap((module) => Object.values(module) as unknown[]);

/** Every message that travels on a stream. */
export const MESSAGES: readonly MessageContract<never>[] = exported.filter(isMessage);

/** Every request that one service asks of another. */
export const REQUESTS: readonly RequestContract<unknown, unknown>[] = exported.filter(isRequest);

/** Whether a value is the contract of a message. */
export function isMessage(value: unknown): value is MessageContract<never> {
  return typeof value === 'object' && value !== null && 'pattern' in value && 'owners' in value && 'schema' in value;
}

/** Whether a value is the contract of a request. */
export function isRequest(value: unknown): value is RequestContract<unknown, unknown> {
  return typeof value === 'object' && value !== null && 'service' in value && 'input' in value && 'output' in value;
}
