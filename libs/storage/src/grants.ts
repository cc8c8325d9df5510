import type { ServiceName } from '@techno/contracts';

/**
 * What each service's role may do with each table: its own it writes, others' it reads where it must, and nobody updates
 * or deletes in the audit trail. Applied by `migrate`, so the database itself holds every service to its row of the design.
 */
export const GRANTS: Readonly<Record<ServiceName, Readonly<Record<string, string>>>> = {
  gateway: {
    inbox: 'select, insert, update, delete',
    inbox_watermark: 'select, update',
    inbox_overdue: 'select, insert, update, delete',
    webhook_sources: 'select, insert, update, delete',
    webhook_rejections: 'select, insert, delete',
    // The sweeper asks the record which actions have ended.
    actions: 'select',
  },
  'gate-engine': {
    api_keys: 'select, insert, update',
    policies: 'select, insert',
    facts_revision: 'select, update',
    rate_windows: 'select, insert, update, delete',
    nonces: 'select, insert, delete',
    decisions: 'select, insert',
  },
  executor: {
    executions: 'select, insert, update',
    // Executors read the revision that a decision names.
    policies: 'select',
    facts_revision: 'select',
  },
  auditor: {
    audit_trail: 'select, insert',
    audit_head: 'select, update',
    actions: 'select, insert, update',
  },
  notifier: {
    contacts: 'select, insert, update, delete',
    suppressions: 'select, insert, delete',
    templates: 'select, insert',
    notifications: 'select, insert',
    deliveries: 'select, insert, update',
    delivery_attempts: 'select, insert, update',
    // Taking a row that others skip needs the right to change it.
    early_receipts: 'select, insert, update, delete',
    paces: 'select, insert, update, delete',
    notification_news: 'select, insert, update, delete',
  },
  scheduler: {
    schedules: 'select, insert, update, delete',
    schedule_clock: 'select, update',
    schedule_notices: 'select, insert, delete',
    worker_job_events: 'select, insert, update, delete',
    // The record says how the action of a run ended.
    actions: 'select',
    agenda_items: 'select, insert, update, delete',
    agenda_recipients: 'select, insert, update, delete',
    agenda_reminders: 'select, insert, update, delete',
    agenda_brief_rounds: 'select, insert, delete',
    // Who is reminded, when and in which words; addresses stay with the notifier.
    contact_settings: 'select',
    // Whether the notifier has committed a reminder.
    notifications: 'select (id)',
  },
  'dlq-replayer': {
    worker_dlq: 'select, insert, update, delete',
    worker_dlq_events: 'select, insert, update, delete',
    replay_jobs: 'select, insert, update',
    // The record says how a replayed action ended; the policy, what is replayed by itself.
    actions: 'select',
    policies: 'select',
    facts_revision: 'select',
  },
};

/** The database role of a service. */
export function roleOf(service: ServiceName): string {
  return `techno_${service.replaceAll('-', '_')}`;
}
