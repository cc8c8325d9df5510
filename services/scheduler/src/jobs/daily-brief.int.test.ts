import { HOUR, MINUTE } from '@techno/kernel';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { briefOf, dueBrief } from '../agenda/brief.ts';
import { type AgendaWorld, createAgendaWorld } from '../testing/agenda-world.ts';
import { dailyBrief } from './daily-brief.ts';
import type { Job } from './job.ts';

let world: AgendaWorld;
let job: Job;
beforeAll(async () => {
  world = await createAgendaWorld();
  job = dailyBrief({ ...world, everyMs: 1_000, usualAt: '07:00' });
  await world.person('ana', { locale: 'pt-BR', time_zone: 'America/Sao_Paulo' });
  await world.person('bob', { locale: 'en', time_zone: 'Europe/Lisbon', preferences: { daily_brief: '18:30' } });
  await world.person('off', { time_zone: 'America/Sao_Paulo', preferences: { daily_brief: 'off' } });
});
afterAll(() => world?.[Symbol.asyncDispose]());
beforeEach(async () => {
  world.published.length = 0;
  for (const table of ['agenda_items', 'agenda_reminders', 'agenda_brief_rounds'])
    await world.admin.query({ name: `clear-${table}`, text: `delete from ${table}` }, []);
});

const told = () => world.heard().map(({ request }) => request.recipients[0]);

describe('the daily brief', () => {
  it('comes at the hour of each contact by their own clocks, once, in their language', async () => {
    world.nowMs = Date.parse('2026-05-04T09:59:00Z');
    for (const recipient of ['ana', 'bob', 'off'])
      await world.event({ starts_at: '2026-05-04T19:00:00Z', title: recipient, recipients: [recipient] });
    await world.run(job);
    expect(told()).toEqual([]);
    world.nowMs += MINUTE;
    for (let run = 0; run < 5; run++) await world.run(job);
    expect(told()).toEqual(['ana']);
    world.nowMs = Date.parse('2026-05-04T17:30:00Z');
    await Promise.all([world.run(job), world.run(job), world.run(job)]);
    expect(told()).toEqual(['ana', 'bob']);
    expect(world.heard()).toMatchObject([
      {
        principal: 'key_1',
        request: { template: { name: 'daily-brief', data: { date: 'segunda-feira, 4 de maio', events: [{ time: '16:00' }] } } },
      },
      { request: { template: { data: { events: [{ time: '8:00 PM' }], tasks_count: 0 } } } },
    ]);
  });

  it('holds the day`s occurrences, whole days first, and tasks that are due or overdue; nothing on, nothing said', async () => {
    world.nowMs = Date.parse('2026-05-04T10:00:00Z');
    await world.run(job);
    expect(told()).toEqual([]);
    world.nowMs = Date.parse('2026-05-05T10:00:00Z');
    const zone = 'America/Sao_Paulo';
    await world.event({
      starts_at: '2026-04-07T12:00:00Z',
      title: 'weekly',
      time_zone: zone,
      recurrence: { rule: 'FREQ=WEEKLY', except: [], extra: [] },
    });
    await world.event({ starts_at: '2026-05-05', title: 'holiday', time_zone: zone });
    await world.event({ starts_at: '2026-05-06T03:00:00Z', title: 'tomorrow', time_zone: zone });
    await world.event({ starts_at: '2026-05-06T02:59:00Z', title: 'late', time_zone: zone });
    await world.task({ due_at: '2026-05-01T12:00:00Z', title: 'overdue' });
    await world.task({ due_at: '2026-05-05', title: 'today', time_zone: zone });
    await world.task({ due_at: '2026-05-07T12:00:00Z', title: 'another day' });
    await world.run(job);
    const data = world.heard()[0]?.request.template?.data;
    expect(data).toMatchObject({
      events: [
        { title: 'holiday', all_day: true },
        { title: 'weekly', time: '09:00' },
        { title: 'late', time: '23:59' },
      ],
      tasks: [
        { title: 'overdue', overdue: true },
        { title: 'today', all_day: true, overdue: false },
      ],
      events_count: 3,
      tasks_count: 2,
    });
  });

  it('that a dying process claimed and did not tell is told by the next one, once', async () => {
    world.nowMs = Date.parse('2026-05-04T10:00:00Z');
    await world.event({ starts_at: '2026-05-04T19:00:00Z' });
    const dying = dailyBrief({
      ...world,
      everyMs: 1_000,
      usualAt: '07:00',
      reminders: { ...world.reminders, told: () => Promise.reject(new Error('killed')) },
    });
    await expect(world.run(dying)).rejects.toThrow('killed');
    await world.run(job);
    await world.run(job);
    expect(told()).toEqual(['ana']);
    expect(world.published).toHaveLength(2);
  });

  it('that the bus lost is told once more, though its round is done', async () => {
    world.nowMs = Date.parse('2026-05-04T10:00:00Z');
    await world.event({ starts_at: '2026-05-04T19:00:00Z' });
    await world.run(job);
    world.nowMs += 2 * MINUTE;
    await world.run(job);
    await world.run(job);
    expect([world.published.length, told()]).toEqual([2, ['ana']]);
  });

  it('is told up to two hours late, then no more; a contact who moves has a day once', async () => {
    await world.event({ starts_at: '2026-05-04T19:00:00Z' });
    world.nowMs = Date.parse('2026-05-04T12:00:00Z');
    await world.run(job);
    expect(told()).toEqual([]);
    world.nowMs -= 1;
    await world.run(job);
    expect(told()).toEqual(['ana']);
    await world.person('ana', { locale: 'pt-BR', time_zone: 'America/Noronha', preferences: { daily_brief: '08:30' } });
    await world.run(job);
    expect(told()).toEqual(['ana']);
    await world.person('ana', { locale: 'pt-BR', time_zone: 'America/Sao_Paulo' });
  });
});

describe('its hour', () => {
  it.each([
    ['before', '2026-05-04T06:59:00Z', 'UTC', '07:00', undefined],
    ['at it', '2026-05-04T07:00:00Z', 'UTC', '07:00', '2026-05-04'],
    ['shortly before midnight, looked at after it', '2026-05-05T00:30:00Z', 'UTC', '23:45', '2026-05-04'],
    ['in an hour that clocks skip', '2026-03-29T01:00:00Z', 'Europe/Lisbon', '01:30', '2026-03-29'],
    ['in an hour that comes twice', '2026-10-25T00:30:00Z', 'Europe/Lisbon', '01:30', '2026-10-25'],
    ['where the day is another one', '2026-05-03T19:00:00Z', 'Pacific/Auckland', '07:00', '2026-05-04'],
  ])('%s', (_what, now, zone, clock, day) => {
    expect(dueBrief(Date.parse(now), zone, clock)?.day).toBe(day);
  });

  it('comes once a day, every day of a year, wherever clocks change', () => {
    for (const zone of ['Europe/Lisbon', 'America/Sao_Paulo', 'Australia/Lord_Howe']) {
      const days = new Set<string>();
      for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += HOUR) {
        const due = dueBrief(at, zone, '01:30');
        if (due !== undefined) days.add(due.day);
      }
      expect(days.size).toBeGreaterThanOrEqual(365);
    }
    expect(briefOf({ id: 'x', name: '', locale: '??', timeZone: 'UTC', dailyBrief: '' }, '2026-05-04', [])).toBeUndefined();
  });
});
