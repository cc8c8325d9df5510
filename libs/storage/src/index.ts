export { type Batcher, createBatcher, storeError } from './batcher.ts';
export { checkDatabase, type Database, openDatabase } from './database.ts';
export type { ApiKey, PolicyRevision, WebhookSource } from './entities.ts';
export { GRANTS, roleOf } from './grants.ts';
export { migrate, migrateTo, migrationStatus, rollback } from './migrate.ts';
export type { CommitName, StoreObserver, WaitingRow } from './observe.ts';
export {
  type ActionFilter,
  type ActionPatch,
  type ActionRow,
  type Actions,
  createActions,
  mergePatches,
  RANK,
} from './stores/actions.ts';
export { type Agenda, createAgenda, type Imported } from './stores/agenda.ts';
export type { AgendaFilter } from './stores/agenda-list.ts';
export type {
  AgendaItem,
  AgendaKind,
  AgendaState,
  MovedOccurrence,
  NewAgendaItem,
  StoredRecurrence,
} from './stores/agenda-rows.ts';
export { type BriefHour, type BriefRound, type Briefs, type ContactSettings, createBriefs } from './stores/briefs.ts';
export { createReminders, type NewReminder, type ReminderOf, type Reminders, type StoredReminder } from './stores/reminders.ts';
export { type AuditEntry, type AuditRow, type AuditTrail, createAuditTrail } from './stores/audit-trail.ts';
export type { AuditVerdict } from './stores/audit-chain.ts';
export { verifyAuditTrail } from './stores/audit-verify.ts';
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
export type { Claim } from './stores/deliveries-claim.ts';
export { createDeliveries, type Deliveries } from './stores/deliveries.ts';
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
export { createJobEvents, type JobEvents, type Notice as ScheduleNotice, type RunFilter } from './stores/job-events.ts';
export {
  type ActionEnding,
  type Consequence,
  createRunOutcomes,
  type RunOutcome,
  type RunOutcomes,
  type Settled,
} from './stores/run-outcomes.ts';
export type { Armable, NewRun, NextOccurrence, ScheduledWork, StoredRun, StoredSchedule } from './stores/schedule-rows.ts';
export { type Advanced, createScheduleRuns, type Due, type OpenRuns, type ScheduleRuns } from './stores/schedule-runs.ts';
export {
  createSchedules,
  type NewSchedule,
  type ScheduleChange,
  type ScheduleFilter,
  type Schedules,
} from './stores/schedules.ts';
export { createTemplates, type StoredTemplate, type Templates } from './stores/templates.ts';
export { createWebhookSources, type WebhookRejection, type WebhookSources } from './stores/webhook-sources.ts';
export { type AuditCopy, verifyAuditCopy } from './snapshot/audit-copy.ts';
export { type DatabaseSnapshot, digesting, snapshotDatabase, type TableDigest } from './snapshot/dump.ts';
export { assertEmptyDatabase, type DatabaseLoad, loadDatabase } from './snapshot/load.ts';
export type { SequenceState, TableShape } from './snapshot/shape.ts';
