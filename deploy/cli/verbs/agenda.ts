import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { errorMessage, StartupError } from '@techno/kernel';
import type { Command } from 'commander';
import { table } from '../print.ts';
import { client, type CommonFlags, examples, show, withTargetOptions } from '../verb.ts';

interface ItemFlags extends CommonFlags {
  readonly to?: string;
  readonly zone?: string;
  readonly location?: string;
  readonly ends?: string;
  readonly repeat?: string;
}

interface ListFlags extends CommonFlags {
  readonly from?: string;
  readonly until?: string;
  readonly status?: string;
  readonly cursor?: string;
}

type Row = Record<string, unknown>;

/** Events and tasks. */
export function agendaVerb(program: Command): void {
  const agenda = program
    .command('agenda')
    .description('events and tasks: events, tasks, add-event, add-task, show, complete, remove, import');

  const events = withTargetOptions(agenda.command('events'))
    .description('events by their first start')
    .option('--from <time>', 'with an occurrence that starts at or after')
    .option('--until <time>', 'with an occurrence that starts before')
    .option('--cursor <cursor>', 'the page after that')
    .action(async (flags: ListFlags) => {
      const { body } = await client(flags, 'developer').call('GET', `/v1/agenda/events?${query(flags)}`);
      show(flags, body as { events: Row[]; next?: string }, (page) =>
        paged(table(page.events, ['id', 'title', 'starts_at', 'next_starts_at', 'recipients']), page.next),
      );
    });
  examples(events, 'npx techno agenda events', 'npx techno agenda events --from 2026-12-01T00:00:00Z --json');

  const tasks = withTargetOptions(agenda.command('tasks'))
    .description('tasks by when they are due')
    .option('--status <status>', 'open or done')
    .option('--from <time>', 'due at or after')
    .option('--until <time>', 'due before')
    .option('--cursor <cursor>', 'the page after that')
    .action(async (flags: ListFlags) => {
      const { body } = await client(flags, 'developer').call('GET', `/v1/agenda/tasks?${query(flags)}`);
      show(flags, body as { tasks: Row[]; next?: string }, (page) =>
        paged(table(page.tasks, ['id', 'title', 'status', 'due_at', 'recipients']), page.next),
      );
    });
  examples(tasks, 'npx techno agenda tasks --status open');

  const addEvent = withTargetOptions(agenda.command('add-event'))
    .description('put an event on the agenda')
    .argument('<title>')
    .argument('<start>', 'RFC 3339, or a date for a whole day')
    .option('--ends <time>', 'its end')
    .option('--repeat <rule>', 'RRULE of RFC 5545, without its name')
    .option('--zone <zone>', 'IANA time zone', 'UTC')
    .option('--location <text>', 'where')
    .option('--to <contacts>', 'who is reminded: contact ids, comma-separated')
    .action(async (title: string, start: string, flags: ItemFlags) => {
      const { body } = await client(flags, 'developer').call('POST', '/v1/agenda/events', {
        title,
        starts_at: start,
        ends_at: flags.ends,
        time_zone: flags.zone,
        location: flags.location,
        recurrence: flags.repeat === undefined ? undefined : { rule: flags.repeat },
        recipients: list(flags.to),
      });
      show(flags, body as Row, ({ id }) => String(id));
    });
  examples(
    addEvent,
    `npx techno agenda add-event Dentist 2026-12-01T10:00:00-03:00 --to demo`,
    `npx techno agenda add-event Standup 2026-12-01T09:00:00Z --repeat 'FREQ=WEEKLY;BYDAY=MO,WE' --zone Europe/Lisbon --to demo`,
  );

  const addTask = withTargetOptions(agenda.command('add-task'))
    .description('put a task on the agenda')
    .argument('<title>')
    .argument('[due]', 'RFC 3339, or a date')
    .option('--zone <zone>', 'IANA time zone', 'UTC')
    .option('--to <contacts>', 'who is reminded: contact ids, comma-separated')
    .action(async (title: string, due: string | undefined, flags: ItemFlags) => {
      const given = { title, due_at: due, time_zone: flags.zone, recipients: list(flags.to) };
      const { body } = await client(flags, 'developer').call('POST', '/v1/agenda/tasks', given);
      show(flags, body as Row, ({ id }) => String(id));
    });
  examples(addTask, 'npx techno agenda add-task Taxes 2026-12-01T18:00:00Z --to demo');

  const get = withTargetOptions(agenda.command('show'))
    .description('an event or task, with who was reminded of it')
    .argument('<id>', 'evt_… or tsk_…')
    .action(async (id: string, flags: CommonFlags) => {
      const { body } = await client(flags, 'developer').call('GET', pathOf(id));
      show(flags, body as Row & { reminders: Row[] }, ({ reminders, ...item }) =>
        [
          table([item], ['id', 'title', 'starts_at', 'due_at', 'next_starts_at', 'status']),
          table(reminders, ['recipient', 'occurrence', 'starts_at', 'status', 'notification_id']),
        ].join('\n\n'),
      );
    });
  examples(get, 'npx techno agenda show evt_01a1…');

  const complete = withTargetOptions(agenda.command('complete'))
    .description('say that a task is done')
    .argument('<id>', 'tsk_…')
    .action(async (id: string, flags: CommonFlags) => {
      const { body } = await client(flags, 'developer').call('POST', `/v1/agenda/tasks/${encodeURIComponent(id)}/complete`);
      show(flags, body as Row, ({ title }) => `Done: ${String(title)}`);
    });
  examples(complete, 'npx techno agenda complete tsk_01a1…');

  const remove = withTargetOptions(agenda.command('remove'))
    .description('take an event or task off the agenda')
    .argument('<id>', 'evt_… or tsk_…')
    .action(async (id: string, flags: CommonFlags) => {
      await client(flags, 'developer').call('DELETE', pathOf(id));
      show(flags, { removed: id }, ({ removed }) => `Removed: ${removed}`);
    });
  examples(remove, 'npx techno agenda remove evt_01a1…');

  const take = withTargetOptions(agenda.command('import'))
    .description('take in an iCalendar file; what is known by its UID is updated')
    .argument('<file>', 'an .ics file, or - for stdin')
    .option('--to <contacts>', 'who is reminded: contact ids, comma-separated')
    .option('--zone <zone>', 'of times that name no zone', 'UTC')
    .action(async (file: string, flags: ItemFlags) => {
      const asked = new URLSearchParams({
        time_zone: flags.zone ?? 'UTC',
        ...(flags.to === undefined ? {} : { recipients: flags.to }),
      });
      const calendar = { contentType: 'text/calendar', content: await read(file) };
      const { body } = await client(flags, 'developer').send('POST', `/v1/agenda/import?${asked.toString()}`, calendar);
      show(flags, body as Row & { refused: Row[] }, ({ created, updated, unchanged, removed, refused }) =>
        [
          `${String(created)} created, ${String(updated)} updated, ${String(unchanged)} unchanged, ${String(removed)} removed`,
          ...(refused.length === 0 ? [] : [table(refused, ['line', 'uid', 'code', 'message'])]),
        ].join('\n\n'),
      );
    });
  examples(take, 'npx techno agenda import calendar.ics --to demo', 'npx techno agenda import - < calendar.ics');
}

const pathOf = (id: string) => `/v1/agenda/${id.startsWith('tsk_') ? 'tasks' : 'events'}/${encodeURIComponent(id)}`;

function query({ from, until, status, cursor }: ListFlags): string {
  const given = Object.entries({ from, to: until, status, cursor }).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given as [string, string][]).toString();
}

function paged(lines: string, next: string | undefined): string {
  return next === undefined ? lines : `${lines}\n\nMore: --cursor ${next}`;
}

function list(given: string | undefined): string[] {
  return (given ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
}

async function read(file: string): Promise<string> {
  try {
    return await (file === '-' ? text(process.stdin) : readFile(file, 'utf8'));
  } catch (cause) {
    throw new StartupError(
      'FILE_UNREADABLE',
      `${file} cannot be read: ${errorMessage(cause)}`,
      'Name a file that exists, or - for stdin.',
      {
        cause,
      },
    );
  }
}
