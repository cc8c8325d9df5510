import { Migration } from '@mikro-orm/migrations';

/**
 * Dead letters and what becomes of them. `key` names the failed message (its id, actor and replay), so that each is stored
 * once; `replay` and `replay_id` name its latest copy. `scheduled_for` is when the replayer looks at it next.
 */
export class Migration0002DeadLetters extends Migration {
  override up(): void {
    this.addSql(`
      create table worker_dlq (
        id bigint generated always as identity primary key,
        key text collate "C" not null unique,
        job_name text not null,
        payload text not null,
        encoding text not null check (encoding in ('json', 'base64')),
        error_message text not null,
        error_code text not null,
        error_kind text not null,
        error_signature text collate "C" not null,
        error_stack text,
        actor text not null,
        stream text not null,
        seq bigint not null,
        subject text not null,
        headers json not null,
        trace_id text collate "C",
        traceparent text not null,
        attempts int not null,
        first_failure_at timestamptz not null,
        last_failure_at timestamptz not null,
        status text not null default 'pending'
          check (status in ('pending', 'replaying', 'replayed', 'discarded', 'permanent_failure')),
        quarantined boolean not null,
        retry_count int not null default 0,
        scheduled_for timestamptz,
        created_at timestamptz not null default now(),
        processed_at timestamptz,
        reason text,
        replay int not null,
        replay_id text collate "C",
        published_at timestamptz,
        job_id text collate "C"
      )`);
    this.addSql('create index worker_dlq_status on worker_dlq (status, id)');
    this.addSql(`create index worker_dlq_pending on worker_dlq (actor, id) where status = 'pending'`);
    this.addSql('create index worker_dlq_signature on worker_dlq (error_signature, id)');
    this.addSql('create index worker_dlq_trace on worker_dlq (trace_id) where trace_id is not null');
    this.addSql('create index worker_dlq_job on worker_dlq (job_id) where job_id is not null');
    this.addSql(
      `create index worker_dlq_due on worker_dlq (scheduled_for) where scheduled_for is not null and status in ('pending', 'replaying')`,
    );

    // Its history, and the outbox of the audit trail. Without a dead letter: what was done to a job, or a purge.
    this.addSql(`
      create table worker_dlq_events (
        id bigint generated always as identity primary key,
        dead_letter_id bigint references worker_dlq on delete cascade,
        key text collate "C" unique,
        at timestamptz not null default now(),
        action text not null,
        by text not null,
        trace_id text collate "C",
        replay int not null default 0,
        data json not null,
        audited boolean not null
      )`);
    this.addSql('create index worker_dlq_events_letter on worker_dlq_events (dead_letter_id, id)');
    this.addSql('create index worker_dlq_events_unaudited on worker_dlq_events (id) where not audited');

    this.addSql(`
      create table replay_jobs (
        id text collate "C" primary key,
        actor text not null,
        filter json not null,
        status text not null check (status in ('running', 'paused', 'cancelled', 'completed')),
        rate_per_second int not null,
        total int not null,
        sent int not null default 0,
        trace_id text collate "C" not null,
        created_by text not null,
        created_at timestamptz not null default now(),
        finished_at timestamptz,
        leased_until timestamptz,
        leased_by text
      )`);
    this.addSql(`create unique index replay_jobs_one_active on replay_jobs (actor) where status in ('running', 'paused')`);
  }

  override down(): void {
    for (const table of ['replay_jobs', 'worker_dlq_events', 'worker_dlq']) this.addSql(`drop table ${table}`);
  }
}
