import type { Command } from 'commander';
import { table } from '../print.ts';
import { client, type CommonFlags, examples, show, withTargetOptions } from '../verb.ts';

interface Run {
  readonly id: string;
  readonly status: string;
  readonly trace_id: string;
}

const COLUMNS = ['scheduled_at', 'job_name', 'status', 'reason', 'trigger', 'started_at', 'runtime_seconds', 'trace_id'];

const lines = (runs: readonly Run[]): string =>
  table(
    runs.map((run) => ({ ...run })),
    COLUMNS,
  );

/** What became of occurrences, and runs that are asked for. */
export function scheduleRunVerbs(schedules: Command): void {
  const runs = withTargetOptions(schedules.command('runs'))
    .description('what became of occurrences, newest first; of the jobs of the system too')
    .argument('[id]', 'sch_…; without one, all')
    .option('--status <status>', 'waiting, running, completed, failed, denied, skipped, missed, …')
    .option('--job <name>', 'a job of the system, such as event-reminder')
    .action(async (id: string | undefined, flags: CommonFlags & { status?: string; job?: string }) => {
      const query = new URLSearchParams(
        Object.entries({ status: flags.status, job: flags.job }).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, value] as [string, string]],
        ),
      );
      const path = id === undefined ? '/v1/job-runs' : `/v1/schedules/${encodeURIComponent(id)}/runs`;
      const { body } = await client(flags, 'admin').call('GET', `${path}?${query.toString()}`);
      show(flags, body as { runs: Run[] }, ({ runs: found }) => lines(found));
    });
  examples(runs, 'npx techno schedules runs sch_019… --status missed', 'npx techno schedules runs --job event-reminder');

  const trigger = withTargetOptions(schedules.command('trigger'))
    .description('one run now; the overlap rule holds')
    .argument('<id>', 'sch_…')
    .action(async (id: string, flags: CommonFlags) => {
      const { body } = await client(flags, 'admin').call('POST', `/v1/schedules/${encodeURIComponent(id)}/trigger`);
      show(flags, body as Run, (run) => lines([run]));
    });
  examples(trigger, 'npx techno schedules trigger sch_019…');

  const backfill = withTargetOptions(schedules.command('backfill'))
    .description('run the occurrences of a past range that never ran')
    .argument('<id>', 'sch_…')
    .argument('<from>', 'RFC 3339')
    .argument('<to>', 'RFC 3339, included')
    .action(async (id: string, from: string, to: string, flags: CommonFlags) => {
      const path = `/v1/schedules/${encodeURIComponent(id)}/backfill`;
      const { body } = await client(flags, 'admin').call('POST', path, { from, to });
      show(
        flags,
        body as { occurrences: number; runs: number },
        ({ occurrences, runs: begun }) => `${occurrences} occurrences, ${begun} of them run now.`,
      );
    });
  examples(backfill, 'npx techno schedules backfill sch_019… 2026-11-01T00:00:00Z 2026-11-02T00:00:00Z');
}
