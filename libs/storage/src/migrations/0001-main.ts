import { Migration } from '@mikro-orm/migrations';

/**
 * The first schema. Ids are `collate "C"`: they are compared byte by byte. Times that only order rows default to the
 * database's clock, so that replicas need not agree. `json` (not jsonb) keeps the exact text that was hashed or accepted.
 */
export class Migration0001Main extends Migration {
  override up(): void {
    this.addSql(`
      create table inbox (
        trace_id text collate "C" primary key,
        caller text collate "C" not null,
        idempotency_key text collate "C",
        message_id text collate "C",
        fingerprint text collate "C" not null,
        request json not null,
        traceparent text not null,
        accepted_at timestamptz not null default now(),
        due_at timestamptz not null,
        drives int not null default 0,
        settled_at timestamptz,
        answer json
      )`);
    this.addSql('create unique index inbox_idempotency on inbox (caller, idempotency_key) where idempotency_key is not null');
    this.addSql('create unique index inbox_message on inbox (caller, message_id) where message_id is not null');
    this.addSql('create index inbox_due on inbox (due_at) where settled_at is null');

    this.addSql(`
      create table webhook_sources (
        source text primary key,
        scheme text not null,
        header text,
        sealed_secrets text[] not null,
        action text not null,
        context_id text not null,
        mapping json not null,
        enabled boolean not null,
        updated_at timestamptz not null default now()
      )`);
    this.addSql(`
      create table webhook_rejections (
        id bigint generated always as identity primary key,
        source text not null,
        reason text not null,
        message_id text,
        bytes int not null,
        rejected_at timestamptz not null default now()
      )`);
    this.addSql('create index webhook_rejections_source on webhook_rejections (source, id)');

    this.addSql(`
      create table api_keys (
        id text collate "C" primary key,
        hash text collate "C" not null unique,
        hint text not null,
        name text not null,
        role text not null,
        contexts text[] not null,
        allowed_addresses text[] not null,
        per_minute int,
        per_day int,
        root boolean not null default false,
        created_at timestamptz not null default now(),
        created_by text not null,
        expires_at timestamptz,
        revoked_at timestamptz,
        replaced_by text
      )`);
    this.addSql(`
      create table policies (
        revision int primary key,
        document json not null,
        note text not null,
        applied_by text not null,
        applied_at timestamptz not null default now()
      )`);
    // One row whose number grows with every change of keys or policy: replicas poll it to follow.
    this.addSql('create table facts_revision (one boolean primary key default true check (one), revision bigint not null)');
    this.addSql('insert into facts_revision (revision) values (0)');
    this.addSql(`
      create table rate_windows (
        key text collate "C" primary key,
        started_at timestamptz not null,
        used bigint not null
      )`);
    this.addSql(`
      create table nonces (
        caller text collate "C" not null,
        nonce text collate "C" not null,
        trace_id text collate "C" not null,
        seen_at timestamptz not null default now(),
        primary key (caller, nonce)
      )`);
    this.addSql(`
      create table decisions (
        trace_id text collate "C" not null,
        replay int not null,
        round int not null,
        decision_id text collate "C" not null,
        outcome text not null check (outcome in ('ALLOW', 'DENY')),
        policy_revision int not null,
        input_hash text not null,
        decided_at timestamptz not null,
        expires_at timestamptz,
        record json not null,
        primary key (trace_id, replay, round)
      )`);

    this.addSql(`
      create table executions (
        trace_id text collate "C" not null,
        step text collate "C" not null,
        decision_id text collate "C" not null,
        effect text not null,
        state text not null check (state in ('started', 'retryable', 'completed', 'failed', 'unknown')),
        attempt int not null,
        started_at timestamptz not null,
        leased_until timestamptz,
        finished_at timestamptz,
        outcome json,
        primary key (trace_id, step)
      )`);

    this.addSql(`
      create table audit_trail (
        seq bigint primary key,
        trace_id text collate "C" not null,
        key text collate "C" not null,
        recorded_at timestamptz not null,
        events json not null,
        prev_hash bytea not null,
        hash bytea not null
      )`);
    this.addSql('create index audit_trail_trace on audit_trail (trace_id)');
    this.addSql(
      'create table audit_head (one boolean primary key default true check (one), seq bigint not null, hash bytea not null)',
    );
    this.addSql(`insert into audit_head (seq, hash) values (0, decode(repeat('00', 32), 'hex'))`);
    this.addSql(`
      create table actions (
        trace_id text collate "C" primary key,
        action text not null default '',
        context_id text not null default '',
        origin text,
        status text not null,
        rank int not null,
        replay int not null,
        principal text,
        decision_id text,
        gate text,
        reason_codes text[],
        executor_id text,
        result json,
        error json,
        received_at timestamptz,
        decided_at timestamptz,
        finished_at timestamptz,
        execution_time_ms double precision
      )`);
    this.addSql('create index actions_action on actions (action, trace_id)');
    this.addSql(`create index actions_unhappy on actions (status, trace_id) where status <> 'COMPLETED'`);
  }

  override down(): void {
    for (const table of [
      'actions',
      'audit_head',
      'audit_trail',
      'executions',
      'decisions',
      'nonces',
      'rate_windows',
      'facts_revision',
      'policies',
      'api_keys',
      'webhook_rejections',
      'webhook_sources',
      'inbox',
    ]) {
      this.addSql(`drop table ${table}`);
    }
  }
}
