import { DAY, HOUR, MINUTE } from '@techno/kernel';
import type { AgendaItem } from '@techno/storage';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { changedEvent, changedTask } from '../agenda/item.ts';
import { type AgendaWorld, createAgendaWorld } from '../testing/agenda-world.ts';
import { eventReminder } from './event-reminder.ts';
import type { Job } from './job.ts';
import { taskReminder } from './task-reminder.ts';

let world: AgendaWorld;
let events: Job;
let tasks: Job;
beforeAll(async () => {
  world = await createAgendaWorld();
  events = eventReminder({ ...world, everyMs: 1_000 });
  tasks = taskReminder({ ...world, everyMs: 1_000 });
  await world.person('ana', { locale: 'pt-BR', time_zone: 'America/Sao_Paulo' });
  await world.person('bob', { locale: 'en', time_zone: 'Europe/Lisbon' });
});
afterAll(() => world?.[Symbol.asyncDispose]());
afterEach(async () => {
  world.published.length = 0;
  for (const table of ['agenda_items', 'agenda_reminders'])
    await world.admin.query({ name: `clear-${table}`, text: `delete from ${table}` }, []);
});

const move = (item: AgendaItem, starts_at: string) =>
  world.agenda.change(item.kind, item.id, undefined, (now) =>
    item.kind === 'event' ? changedEvent(now, { starts_at }, world.nowMs) : changedTask(now, { due_at: starts_at }, world.nowMs),
  );
const times = () => world.heard().map(({ request }) => request.template?.data?.['time']);

describe('an event', () => {
  it('is announced once to each recipient, in their zone and language, on the owner`s behalf', async () => {
    await world.event({ starts_at: world.iso(HOUR), title: 'Dentist', location: 'Room 2', recipients: ['ana', 'bob'] });
    for (let run = 0; run < 10; run++) await world.run(events);
    expect(world.heard()).toMatchObject([
      { principal: 'key_1', request: { recipients: ['ana'], template: { name: 'event-reminder', data: { time: '10:00' } } } },
      { principal: 'key_1', request: { recipients: ['bob'], template: { data: { time: '2:00 PM', location: 'Room 2' } } } },
    ]);
    expect(world.published).toHaveLength(2);
    expect(world.heard()[0]?.request.template?.data?.['date']).toBe('segunda-feira, 4 de maio');
  });

  it.each<[string, number, number]>([
    ['later than the window is not due', HOUR + MINUTE, 0],
    ['at its edge is due', HOUR, 1],
    ['about to start is due', 1_000, 1],
    ['that had started when it was made is not', -1_000, 0],
  ])('%s', async (_what, inMs, expected) => {
    await world.event({ starts_at: world.iso(inMs) });
    await world.run(events);
    expect(world.heard()).toHaveLength(expected);
  });

  it('that could not be told of in time is told of until five minutes after its start', async () => {
    await world.event({ starts_at: world.iso(2 * HOUR), title: 'just begun' });
    await world.event({ starts_at: world.iso(2 * HOUR - 10 * MINUTE), title: 'long begun' });
    world.nowMs += 2 * HOUR + 4 * MINUTE;
    await world.run(events);
    expect(world.heard().map(({ request }) => request.template?.data?.['title'])).toEqual(['just begun']);
  });

  it('of whole days is for the brief alone', async () => {
    await world.event({ starts_at: world.iso(DAY).slice(0, 10) });
    world.nowMs += DAY / 2;
    await world.run(events);
    expect(world.heard()).toEqual([]);
  });

  it('is not told to who is no contact any more', async () => {
    await world.person('gone');
    await world.event({ starts_at: world.iso(HOUR), recipients: ['ana', 'gone'] });
    await world.admin.query({ name: 'go', text: `delete from contacts where id = 'gone'` }, []);
    await world.run(events);
    expect(world.heard().map(({ request }) => request.recipients)).toEqual([['ana']]);
  });

  it('told to one who is added after the others', async () => {
    const item = await world.event({ starts_at: world.iso(HOUR) });
    await world.run(events);
    await world.agenda.change('event', item.id, undefined, (now) =>
      changedEvent(now, { recipients: ['ana', 'bob'] }, world.nowMs),
    );
    await world.run(events);
    expect(world.heard().map(({ request }) => request.recipients)).toEqual([['ana'], ['bob']]);
  });
});

describe('an item that moves', () => {
  it('before it was announced is announced for its new time', async () => {
    const item = await world.event({ starts_at: world.iso(2 * HOUR), recipients: ['bob'] });
    await world.run(events);
    await move(item, world.iso(30 * MINUTE));
    await world.run(events);
    expect(times()).toEqual([expect.any(String)]);
    expect(await world.reminders.ofItem(item.id, 9)).toMatchObject([{ startsAt: new Date(world.nowMs + 30 * MINUTE) }]);
  });

  it('after it was announced is not announced again, earlier or later', async () => {
    const item = await world.event({ starts_at: world.iso(HOUR) });
    await world.run(events);
    for (const minutes of [5, 40, 59, 10, 60]) {
      await move(item, world.iso(minutes * MINUTE));
      await world.run(events);
    }
    expect(world.heard()).toHaveLength(1);
  });

  it.each([
    ['event', HOUR],
    ['task', 90 * MINUTE],
  ] as const)('as a %s is announced again where it is put off by its whole window, and only then', async (kind, windowMs) => {
    const job = kind === 'event' ? events : tasks;
    const start = world.nowMs + 30 * MINUTE;
    const item =
      kind === 'event'
        ? await world.event({ starts_at: world.iso(30 * MINUTE) })
        : await world.task({ due_at: world.iso(30 * MINUTE) });
    await world.run(job);
    await move(item, new Date(start + windowMs - 1).toISOString());
    world.nowMs = start + windowMs - 10 * MINUTE;
    await world.run(job);
    expect(world.heard()).toHaveLength(1);
    await move(item, new Date(start + windowMs).toISOString());
    await world.run(job);
    await world.run(job);
    expect(world.heard()).toHaveLength(2);
  });

  it('as a whole series keeps what was told of today', async () => {
    const day = new Date(world.nowMs).toISOString().slice(0, 10);
    world.nowMs = Date.parse(`${day}T12:00:00Z`);
    const item = await world.event({
      starts_at: world.iso(30 * MINUTE),
      recurrence: { rule: 'FREQ=DAILY', except: [], extra: [] },
    });
    await world.run(events);
    await move(item, world.iso(50 * MINUTE));
    await world.run(events);
    expect(world.heard()).toHaveLength(1);
    world.nowMs += DAY;
    await world.run(events);
    expect(world.heard()).toHaveLength(2);
    world.nowMs += DAY;
    await world.run(events);
    expect(world.heard()).toHaveLength(3);
  });
});

describe('a task', () => {
  it('is announced an hour and a half before, unless it is done', async () => {
    const item = await world.task({ due_at: world.iso(90 * MINUTE) });
    await world.task({ due_at: world.iso(91 * MINUTE) });
    const done = await world.task({ due_at: world.iso(MINUTE) });
    await world.task({});
    await world.agenda.change('task', done.id, undefined, (now) => changedTask(now, { status: 'done' }, world.nowMs));
    await world.run(tasks);
    await world.run(events);
    expect(world.heard()).toMatchObject([{ request: { template: { name: 'task-reminder' } } }]);
    expect((await world.reminders.ofItem(item.id, 9)).map(({ status }) => status)).toEqual(['told']);
  });
});

describe('what the notifier has not heard of', () => {
  const statuses = async (id: string) => (await world.reminders.ofItem(id, 9)).map(({ status }) => status);

  it('is told once more under the same key, then given up; what it has is done with', async () => {
    const lost = await world.event({ starts_at: world.iso(HOUR) });
    const taken = await world.event({ starts_at: world.iso(HOUR), recipients: ['bob'] });
    await world.run(events);
    const [key] = (await world.reminders.ofItem(taken.id, 1)).map((one) => one.key);
    await world.admin.query(
      {
        name: 'take',
        text: `insert into notifications (id, trace_id, principal, context_id, request, accepted_at) values ($1, 'tr', 'p', 'c', '{}', now())`,
      },
      [`ntf_${key}`],
    );
    world.nowMs += 2 * MINUTE;
    await world.run(events);
    expect([await statuses(lost.id), await statuses(taken.id)]).toEqual([['told'], ['heard']]);
    expect([world.published.length, world.heard().length]).toEqual([3, 2]);
    world.nowMs += 2 * MINUTE;
    await world.run(events);
    expect(await statuses(lost.id)).toEqual(['lost']);
    expect(world.published).toHaveLength(3);
  });
});

describe('with three replicas, any of which may die at any step', () => {
  /** A job whose process dies at the n-th of its steps: before it takes effect, or after. */
  function mortal(job: (deps: typeof world & { everyMs: number }) => Job, step: number, after: boolean): Job {
    let steps = 0;
    const dies =
      <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
      async (...args: Args) => {
        const last = ++steps === step;
        if (last && !after) throw new Error('killed');
        const result = await work(...args);
        if (last) throw new Error('killed');
        return result;
      };
    const { agenda, reminders } = world;
    const made = job({
      ...world,
      everyMs: 1_000,
      agenda: { ...agenda, advance: dies(agenda.advance) },
      reminders: { ...reminders, claim: dies(reminders.claim), told: dies(reminders.told) },
    });
    return { ...made, run: (run) => made.run({ ...run, notify: dies(run.notify) }) };
  }

  it('each (item, recipient, occurrence) goes out once, whatever else happens', async () => {
    const action = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('run' as const) }) },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('die' as const), step: fc.integer({ min: 1, max: 4 }), after: fc.boolean() }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('replicas' as const) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('move' as const), minutes: fc.integer({ min: 1, max: 59 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 50 }) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 3, maxLength: 12 }), async (actions) => {
        world.published.length = 0;
        const item = await world.event({ starts_at: world.iso(50 * MINUTE), recipients: ['ana', 'bob'] });
        for (const one of actions) {
          if (one.kind === 'run') await world.run(events);
          else if (one.kind === 'die') await world.run(mortal(eventReminder, one.step, one.after)).catch(() => {});
          else if (one.kind === 'replicas') await Promise.all([1, 2, 3].map(() => world.run(events)));
          else if (one.kind === 'move') await move(item, world.iso(one.minutes * MINUTE));
          else world.nowMs += one.seconds * 1_000;
        }
        await world.run(events);
        const told = world.heard().map(({ request }) => request.recipients[0]);
        expect([told.length, new Set(told)]).toEqual([2, new Set(['ana', 'bob'])]);
        await world.agenda.remove('event', item.id, undefined);
      }),
      { numRuns: 25 },
    );
  });

  it('many at once are all told, each once', async () => {
    await Promise.all(
      Array.from({ length: 170 }, (_, index) =>
        world.event({ starts_at: world.iso((index % 60) * MINUTE + 1_000), recipients: ['ana', 'bob'] }),
      ),
    );
    await Promise.all([world.run(events), world.run(events), world.run(mortal(eventReminder, 6, true)).catch(() => {})]);
    await world.run(events);
    expect(world.heard()).toHaveLength(340);
    expect(await world.agenda.due('event', new Date(world.nowMs), undefined, 9)).toEqual([]);
  });
});
