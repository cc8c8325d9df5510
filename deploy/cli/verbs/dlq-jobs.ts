import type { Command } from 'commander';
import { wholeNumber } from '../arguments.ts';
import { table } from '../print.ts';
import { client, type CommonFlags, examples, show, withTargetOptions } from '../verb.ts';
import { filterOf, type FilterFlags, withFilterOptions } from './dlq-filter.ts';

interface Job {
  readonly id: string;
  readonly status: string;
  readonly actor: string;
  readonly progress: Readonly<Record<string, number>>;
}

const COLUMNS = [
  'id',
  'status',
  'actor',
  'rate_per_second',
  'sent',
  'total',
  'replayed',
  'failed_again',
  'discarded',
  'created_at',
];

const lines = (jobs: readonly Job[]): string =>
  table(
    jobs.map((job) => ({ ...job, ...job.progress })),
    COLUMNS,
  );

/** Bulk replays. */
export function dlqJobVerbs(dlq: Command): void {
  const create = withFilterOptions(withTargetOptions(dlq.command('replay-job')))
    .description('replay all that a filter finds, oldest first, one job for each actor')
    .option('--rate <n>', 'messages a second', wholeNumber, 20)
    .option('--dry-run', 'only count')
    .action(async (flags: CommonFlags & FilterFlags & { rate: number; dryRun?: boolean }) => {
      const asked = { filter: filterOf(flags), rate_per_second: flags.rate, dry_run: flags.dryRun ?? false };
      const { body } = await client(flags, 'admin').call('POST', '/v1/replay-jobs', asked);
      show(flags, body as { count: number; jobs: Job[] }, ({ count, jobs }) =>
        jobs.length === 0 ? `${count} match.` : `${count} match.\n\n${lines(jobs)}`,
      );
    });
  examples(
    create,
    'npx techno dlq replay-job --code UPSTREAM_TIMEOUT --dry-run',
    'npx techno dlq replay-job --signature 1f0c… --rate 50',
    'npx techno dlq replay-job --status discarded --discarded-for RATE_LIMIT_EXCEEDED',
  );

  const listing = withTargetOptions(dlq.command('jobs'))
    .description('bulk replays and their progress, newest first')
    .action(async (flags: CommonFlags) => {
      const { body } = await client(flags, 'admin').call('GET', '/v1/replay-jobs');
      show(flags, body as { jobs: Job[] }, ({ jobs }) => lines(jobs));
    });
  examples(listing, 'npx techno dlq jobs');

  const one = withTargetOptions(dlq.command('job'))
    .description('one bulk replay and its progress')
    .argument('<id>', 'rj_…')
    .action(async (id: string, flags: CommonFlags) => {
      const { body } = await client(flags, 'admin').call('GET', `/v1/replay-jobs/${encodeURIComponent(id)}`);
      show(flags, body as Job, (job) => lines([job]));
    });
  examples(one, 'npx techno dlq job rj_0192…');

  for (const [verb, what] of [
    ['pause', 'stop a bulk replay for the moment'],
    ['resume', 'go on with a paused bulk replay'],
    ['cancel', 'end a bulk replay'],
  ] as const) {
    const steer = withTargetOptions(dlq.command(verb))
      .description(what)
      .argument('<id>', 'rj_…')
      .action(async (id: string, flags: CommonFlags) => {
        const { body } = await client(flags, 'admin').call('POST', `/v1/replay-jobs/${encodeURIComponent(id)}/${verb}`);
        show(flags, body as Job, (job) => lines([job]));
      });
    examples(steer, `npx techno dlq ${verb} rj_0192…`);
  }
}
