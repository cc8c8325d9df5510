import { Migration } from '@mikro-orm/migrations';

/**
 * What the scheduler keeps. A schedule knows its next occurrence; whoever deals with that commits the run and the one after in
 * one transaction, so no occurrence is dealt with twice or passed over. Times come from the scheduler's clock.
 */
export class Migration0004Schedules extends Migration {
  override up(): void {
    this.addSql(`
      create table schedules (
        id text collate "C" primary key,
        kind text not null check (kind in ('action', 'job')),
        owner text collate "C" not null,
        document json not null,
        state text not null check (state in ('active', 'paused', 'ended')),
        paused_by text,
        revision int not null default 0,
        counted_from timestamptz not null,
        next_at timestamptz,
        fire_at timestamptz,
        armed_for timestamptz,
        arm_after timestamptz not null,
        failures int not null default 0,
        denied boolean not null default false,
        created_at timestamptz not null,
        updated_at timestamptz not null,
        check (state <> 'active' or (next_at is not null and fire_at is not null))
      )`);
    this.addSql('create index schedules_owner on schedules (owner, id)');
    this.addSql(`create index schedules_due on schedules (fire_at) where state = 'active'`);
    this.addSql(
      `create index schedules_unarmed on schedules (fire_at) where state = 'active' and armed_for is distinct from fire_at`,
    );
    // Which incarnation of the stream the armed ticks were stored in: one that was wiped holds none of them.
    this.addSql('create table schedule_clock (one boolean primary key default true check (one), stream_created text not null)');
    this.addSql(`insert into schedule_clock (stream_created) values ('')`);
    this.addSql(`
      create table worker_job_events (
        id text collate "C" primary key,
        job_name text not null,
        schedule_id text collate "C",
        owner text collate "C" not null,
        occurrence text collate "C" not null,
        trigger text not null,
        status text not null check (status in
          ('waiting', 'running', 'completed', 'failed', 'denied', 'unknown', 'dead_lettered', 'skipped', 'missed')),
        reason text,
        scheduled_at timestamptz not null,
        started_at timestamptz,
        finished_at timestamptz,
        runtime_seconds double precision,
        payload json,
        error_message text,
        trace_id text collate "C" not null,
        traceparent text not null,
        drives int not null default 0,
        drive_at timestamptz,
        told boolean not null
      )`);
    // The promise that an occurrence is one run: schedule and nominal time, or the one name of a run that was asked for.
    this.addSql('create unique index worker_job_events_occurrence on worker_job_events (occurrence)');
    this.addSql('create unique index worker_job_events_trace on worker_job_events (trace_id)');
    this.addSql('create index worker_job_events_schedule on worker_job_events (schedule_id, id)');
    this.addSql('create index worker_job_events_owner on worker_job_events (owner, id)');
    this.addSql('create index worker_job_events_job on worker_job_events (job_name, id)');
    this.addSql(
      `create index worker_job_events_open on worker_job_events (schedule_id, scheduled_at) where status in ('waiting', 'running')`,
    );
    this.addSql('create index worker_job_events_finished on worker_job_events (finished_at)');
    this.addSql(`create index worker_job_events_drive on worker_job_events (drive_at) where status = 'running'`);
    this.addSql('create index worker_job_events_untold on worker_job_events (id) where not told');
    // What an owner is still to be told; written with what it tells of.
    this.addSql(`
      create table schedule_notices (
        id text collate "C" primary key,
        body json not null,
        created_at timestamptz not null
      )`);
  }

  override down(): void {
    for (const table of ['schedule_notices', 'worker_job_events', 'schedule_clock', 'schedules']) {
      this.addSql(`drop table ${table}`);
    }
  }
}
