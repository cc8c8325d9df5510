export { type Batcher, createBatcher, storeError } from './batcher.ts';
export { checkDatabase, type Database, openDatabase } from './database.ts';
export { ApiKey, PolicyRevision, WebhookSource } from './entities.ts';
export { GRANTS, roleOf } from './grants.ts';
export { migrate, migrationStatus, rollback } from './migrate.ts';
export {
  type ActionFilter,
  type ActionPatch,
  type ActionRow,
  type Actions,
  createActions,
  mergePatches,
  RANK,
} from './stores/actions.ts';
export { type AuditEntry, type AuditRow, type AuditTrail, createAuditTrail } from './stores/audit-trail.ts';
export { type AuditVerdict, verifyAuditTrail } from './stores/audit-verify.ts';
export { type Contacts, createContacts, type StoredContact, type Suppression } from './stores/contacts.ts';
export { createCredentials, type Credentials } from './stores/credentials.ts';
export { type AutoReplays, createAutoReplays } from './stores/auto-replays.ts';
export { createDeadLetterEvents, type DeadLetterEvent, type DeadLetterEvents } from './stores/dead-letter-events.ts';
export type { DeadLetterRow } from './stores/dead-letter-rows.ts';
export {
  createDeadLetters,
  type DeadLetters,
  type FailedAgain,
  type Group,
  type NewDeadLetter,
  type Placing,
  type Standing,
} from './stores/dead-letters.ts';
export { createReplayJobs, type ReplayJob, type ReplayJobs } from './stores/replay-jobs.ts';
export { createReplays, type Ended, type ReplayClaim, type Replays, type Settling } from './stores/replays.ts';
export { createDecisions, type DecisionRow, type Decisions } from './stores/decisions.ts';
export { type Claim, createDeliveries, type Deliveries } from './stores/deliveries.ts';
export type { AttemptEnd, Change, Delivery, News, Skip, Tier, Transition } from './stores/delivery-rows.ts';
export { createExecutions, type Execution, type Executions, type ExecutionState } from './stores/executions.ts';
export {
  type Acceptance,
  createInbox,
  type Inbox,
  type InboxEntry,
  type OverdueRequest,
  type StoredAnswer,
} from './stores/inbox.ts';
export { createNonces, type Nonces } from './stores/nonces.ts';
export {
  createNotifications,
  type NewDelivery,
  type NewNotification,
  type NotificationFilter,
  type Notifications,
  type StoredDelivery,
  type StoredNotification,
} from './stores/notifications.ts';
export { createPolicies, type Policies } from './stores/policies.ts';
export { createRates, type Lease, type LeaseResult, type Rates } from './stores/rates.ts';
export { createTemplates, type StoredTemplate, type Templates } from './stores/templates.ts';
export { createWebhookSources, type WebhookRejection, type WebhookSources } from './stores/webhook-sources.ts';
