import type { ContactInput, EventInput } from '@techno/contracts';
import { contact, eventInput, taskInput } from '@techno/contracts';
import { newId } from '@techno/kernel';
import {
  type Agenda,
  type AgendaItem,
  type Briefs,
  createAgenda,
  createBriefs,
  createContacts,
  createReminders,
  type Database,
  openDatabase,
  type Reminders,
} from '@techno/storage';
import { createDatabase } from '@techno/testkit';
import { newEvent, newTask } from '../agenda/item.ts';
import type { Job, JobReport, Notice } from '../jobs/job.ts';

/** An agenda on a database of its own, with a bus that keeps what it is given and a clock that stands still until it is moved. */
export interface AgendaWorld extends AsyncDisposable {
  nowMs: number;
  readonly agenda: Agenda;
  readonly reminders: Reminders;
  readonly briefs: Briefs;
  /** As the superuser. */
  readonly admin: Database;
  /** What the bus was given, repeats included. */
  readonly published: Notice[];
  /** What the notifier would send: each key once, as its primary key has it. */
  heard(): Notice[];
  person(id: string, more?: ContactInput): Promise<void>;
  event(given: Partial<EventInput> & { starts_at: string }): Promise<AgendaItem>;
  task(given: { due_at?: string; recipients?: string[]; title?: string; time_zone?: string }): Promise<AgendaItem>;
  run(job: Job): Promise<JobReport>;
  iso(fromNowMs: number): string;
}

export async function createAgendaWorld(startMs = Date.UTC(2026, 4, 4, 12)): Promise<AgendaWorld> {
  const test = await createDatabase();
  const open = (url: string) => openDatabase({ url, applicationName: 'agenda-test', poolSize: 6 });
  const [database, notifiers, admin] = await Promise.all([
    open(test.url('scheduler')),
    open(test.url('notifier')),
    open(test.adminUrl),
  ]);
  const contacts = createContacts(notifiers);
  const agenda = createAgenda(database);
  const published: Notice[] = [];
  const log = { debug() {}, info() {}, warn() {}, error() {} };

  async function existing(kind: AgendaItem['kind'], id: string): Promise<AgendaItem> {
    const found = await agenda.find(kind, id, undefined);
    if (found === undefined) throw new Error(`no ${kind} ${id}`);
    return found;
  }

  const world: AgendaWorld = {
    nowMs: startMs,
    agenda,
    reminders: createReminders(database),
    briefs: createBriefs(database),
    admin,
    published,
    heard: () => [...new Map(published.map((notice) => [notice.key, notice])).values()],
    person: (id, more = {}) => contacts.put(id, contact.parse({ name: id, ...more }), new Date(world.nowMs)),
    async event(given) {
      const input = eventInput.parse({ title: 'Meeting', recipients: ['ana'], ...given });
      const id = newId('evt', world.nowMs);
      const fixed = { id, kind: 'event' as const, owner: 'key_1', contextId: input.context_id, uid: input.uid ?? id };
      await agenda.add({ ...newEvent(input, world.nowMs), ...fixed, createdAt: new Date(world.nowMs) });
      return existing('event', id);
    },
    async task(given) {
      const input = taskInput.parse({ title: 'Pay', recipients: ['ana'], ...given });
      const id = newId('tsk', world.nowMs);
      const fixed = { id, kind: 'task' as const, owner: 'key_1', contextId: input.context_id, uid: input.uid ?? id };
      await agenda.add({ ...newTask(input, world.nowMs), ...fixed, createdAt: new Date(world.nowMs) });
      return existing('task', id);
    },
    run: (job) =>
      job.run({
        nominalAt: new Date(world.nowMs),
        now: new Date(world.nowMs),
        traceId: `tr_${'0'.repeat(31)}1`,
        signal: new AbortController().signal,
        log,
        notify: async (notices) => void published.push(...notices),
      }),
    iso: (fromNowMs) => new Date(world.nowMs + fromNowMs).toISOString(),
    async [Symbol.asyncDispose]() {
      await Promise.all([database.close(), notifiers.close(), admin.close()]);
      await test.drop();
    },
  };
  return world;
}
