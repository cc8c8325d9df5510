import type { Command } from 'commander';
import { commaList, jsonArgument, wholeNumber } from '../arguments.ts';
import { table } from '../print.ts';
import { client, type CommonFlags, examples, show, withTargetOptions } from '../verb.ts';
import { scheduleRunVerbs } from './schedule-runs.ts';

interface Schedule {
  readonly id: string;
  readonly name: string;
  readonly action: string;
  readonly state: string;
  readonly sentence: string;
  readonly next_at?: string;
}

interface Occurrences {
  readonly sentence: string;
  readonly occurrences: readonly { readonly at: string; readonly local: string }[];
}

interface TimingFlags {
  readonly cron?: string;
  readonly every?: number;
  readonly at?: string;
  readonly zone: string;
}

interface CreateFlags extends CommonFlags, TimingFlags {
  readonly name?: string;
  readonly context: string;
  readonly overlap: string;
  readonly catchUp: number;
  readonly jitter?: number;
  readonly until?: string;
  readonly pauseAfter?: number;
  readonly notify?: readonly string[];
}

/** Actions that come round. */
export function schedulesVerb(program: Command): void {
  const schedules = program.command('schedules').description('actions that come round: create, list, pause, trigger, …');

  const create = withTiming(withTargetOptions(schedules.command('create')))
    .description('have an action come round')
    .argument('<action>', 'a name of the policy, such as echo')
    .argument('[payload]', 'a JSON object, or @FILE, or - for stdin', '{}')
    .option('--name <name>', 'what it is called (default: the action)')
    .option('--context <context>', 'in which context', 'default')
    .option('--overlap <rule>', 'while an earlier run has not ended: skip, queue or allow', 'skip')
    .option('--catch-up <seconds>', 'how late an occurrence may still run', wholeNumber, 300)
    .option('--jitter <seconds>', 'start each up to this much later', wholeNumber)
    .option('--until <date>', 'nothing happens after (RFC 3339)')
    .option('--pause-after <n>', 'pause after so many failures in a row', wholeNumber)
    .option('--notify <contacts>', 'who is told when it is denied, comma-separated', commaList)
    .action(async (action: string, payload: string, flags: CreateFlags) => {
      const { body } = await client(flags, 'developer').call('POST', '/v1/schedules', {
        ...timingOf(flags),
        name: flags.name ?? action,
        action,
        context_id: flags.context,
        payload: await jsonArgument(payload),
        overlap: flags.overlap,
        catch_up_seconds: flags.catchUp,
        jitter_seconds: flags.jitter,
        ends_at: flags.until,
        pause_after_failures: flags.pauseAfter,
        notify: flags.notify,
      });
      show(flags, body as Schedule, ({ id, sentence, next_at }) => `${id}: ${sentence}; next ${next_at}`);
    });
  examples(
    create,
    `npx techno schedules create echo '{"hello":"world"}' --every 60`,
    `npx techno schedules create echo --cron '30 9 * * 1-5' --zone America/Sao_Paulo --notify demo`,
    'npx techno schedules create echo --at 2026-12-24T18:00 --zone Europe/Lisbon',
  );

  const preview = withTiming(withTargetOptions(schedules.command('preview')))
    .description('the next 10 occurrences, of a schedule or of a timing')
    .argument('[id]', 'sch_…; without one, --cron, --every or --at')
    .option('--locale <locale>', 'en or pt-BR', 'en')
    .action(async (id: string | undefined, flags: CommonFlags & TimingFlags & { locale: string }) => {
      const gateway = client(flags, 'admin');
      const query = `locale=${encodeURIComponent(flags.locale)}`;
      const { body } =
        id === undefined
          ? await gateway.call('POST', `/v1/schedule-previews?${query}`, {
              ...timingOf(flags),
              name: 'preview',
              action: 'preview',
              context_id: 'default',
            })
          : await gateway.call('GET', `/v1/schedules/${encodeURIComponent(id)}/preview?${query}`);
      show(flags, body as Occurrences, ({ sentence, occurrences }) =>
        [
          sentence,
          table(
            occurrences.map((one) => ({ ...one })),
            ['at', 'local'],
          ),
        ].join('\n\n'),
      );
    });
  examples(
    preview,
    'npx techno schedules preview sch_019…',
    `npx techno schedules preview --cron '30 1 * * *' --zone Europe/Lisbon --locale pt-BR`,
  );

  const listing = withTargetOptions(schedules.command('list'))
    .description('schedules, newest first')
    .option('--state <state>', 'active, paused or ended')
    .action(async (flags: CommonFlags & { state?: string }) => {
      const query = flags.state === undefined ? '' : `?state=${encodeURIComponent(flags.state)}`;
      const { body } = await client(flags, 'admin').call('GET', `/v1/schedules${query}`);
      show(flags, body as { schedules: Schedule[] }, ({ schedules: found }) => lines(found));
    });
  examples(listing, 'npx techno schedules list', 'npx techno schedules list --state paused --json');

  const get = withTargetOptions(schedules.command('get'))
    .description('one schedule')
    .argument('<id>', 'sch_…')
    .action(async (id: string, flags: CommonFlags) => {
      const { body } = await client(flags, 'admin').call('GET', `/v1/schedules/${encodeURIComponent(id)}`);
      show(flags, body as Schedule, (value) => JSON.stringify(value, null, 2));
    });
  examples(get, 'npx techno schedules get sch_019…');

  const remove = withTargetOptions(schedules.command('delete'))
    .description('end a schedule; what runs goes on')
    .argument('<id>', 'sch_…')
    .action(async (id: string, flags: CommonFlags) => {
      await client(flags, 'admin').call('DELETE', `/v1/schedules/${encodeURIComponent(id)}`);
      show(flags, { id, deleted: true }, () => `${id} is deleted.`);
    });
  examples(remove, 'npx techno schedules delete sch_019…');

  for (const [verb, what] of [
    ['pause', 'have nothing run for the moment'],
    ['resume', 'go on from now'],
  ] as const) {
    const steer = withTargetOptions(schedules.command(verb))
      .description(what)
      .argument('<id>', 'sch_…')
      .action(async (id: string, flags: CommonFlags) => {
        const { body } = await client(flags, 'admin').call('POST', `/v1/schedules/${encodeURIComponent(id)}/${verb}`);
        show(flags, body as Schedule, (schedule) => lines([schedule]));
      });
    examples(steer, `npx techno schedules ${verb} sch_019…`);
  }
  scheduleRunVerbs(schedules);
}

const lines = (found: readonly Schedule[]): string =>
  table(
    found.map((schedule) => ({ ...schedule })),
    ['id', 'state', 'name', 'action', 'sentence', 'next_at', 'failures'],
  );

function withTiming(command: Command): Command {
  return command
    .option('--cron <pattern>', 'five fields, or six with seconds first')
    .option('--every <seconds>', 'an interval', wholeNumber)
    .option('--at <date>', 'once: RFC 3339, or without an offset by the clock of --zone')
    .option('--zone <name>', 'IANA time zone', 'UTC');
}

function timingOf({ cron, every, at, zone }: TimingFlags) {
  return { cron, interval_seconds: every, at, time_zone: zone };
}
