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
export { createCredentials, type Credentials } from './stores/credentials.ts';
export { createDecisions, type DecisionRow, type Decisions } from './stores/decisions.ts';
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
export { createPolicies, type Policies } from './stores/policies.ts';
export { createRates, type Lease, type LeaseResult, type Rates } from './stores/rates.ts';
export { createWebhookSources, type WebhookRejection, type WebhookSources } from './stores/webhook-sources.ts';
