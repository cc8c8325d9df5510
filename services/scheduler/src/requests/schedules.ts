import {
  createSchedule,
  deleteSchedule,
  findSchedule,
  listSchedules,
  previewSchedule,
  replaceSchedule,
  type Schedule,
  type SentenceLocale,
  steerSchedule,
} from '@techno/contracts';
import { type Endpoint, endpoint } from '@techno/jetstream';
import { type Clock, newId, TerminalError } from '@techno/kernel';
import type { ScheduleChange, Schedules, StoredSchedule } from '@techno/storage';
import type { Armer } from '../engine/armer.ts';
import { ensureSound, firstAfter } from '../engine/read-schedule.ts';
import type { Settler } from '../engine/settler.ts';
import { occurrencesViewOf, scheduleViewOf } from '../views.ts';

export interface ScheduleRequestDeps {
  readonly schedules: Schedules;
  readonly armer: Armer;
  readonly settler: Pick<Settler, 'promote'>;
  readonly clock: Clock;
  readonly onProblem: (fields: object) => void;
}

/** Schedules as their owners know them. */
export function scheduleRequests({ schedules, armer, settler, clock, onProblem }: ScheduleRequestDeps): Endpoint[] {
  /** Committed; its tick follows, and what goes wrong with that is made good by the reconciliation. */
  async function armed(stored: StoredSchedule): Promise<StoredSchedule> {
    if (stored.next !== undefined && stored.state === 'active') {
      const tick = { id: stored.id, revision: stored.revision, fireAt: stored.next.fireAt };
      await armer.arm([tick]).catch((error: unknown) => onProblem({ schedule: stored.id, problem: String(error) }));
    }
    return stored;
  }

  async function existing(id: string, owner: string | undefined): Promise<StoredSchedule> {
    const stored = await schedules.find(id, owner);
    if (stored === undefined) throw unknown(id);
    return stored;
  }

  async function changed(id: string, owner: string | undefined, change: (stored: StoredSchedule) => ScheduleChange) {
    const stored = await schedules.change(id, owner, new Date(clock.now()), change);
    if (stored === undefined) throw unknown(id);
    return armed(stored);
  }

  const view = (stored: StoredSchedule, locale: SentenceLocale = 'en') =>
    scheduleViewOf(stored, actionOf(stored), locale, clock.now());

  return [
    endpoint(createSchedule, async ({ owner, schedule }) => {
      const nowMs = clock.now();
      ensureSound(schedule, nowMs);
      const now = new Date(nowMs);
      const id = newId('sch', nowMs);
      const work = { kind: 'action' as const, schedule };
      const next = firstAfter(work, id, now, nowMs);
      if (next === undefined) throw new TerminalError('SCHEDULE_INVALID', 'it would never run');
      return view(await armed(await schedules.create({ id, owner, work, next, now })));
    }),
    endpoint(replaceSchedule, async ({ id, owner, schedule }) => {
      const nowMs = clock.now();
      ensureSound(schedule, nowMs);
      const now = new Date(nowMs);
      const work = { kind: 'action' as const, schedule };
      const stored = await changed(id, owner, ({ state, pausedBy }) =>
        state === 'paused'
          ? { work, state, pausedBy, next: undefined, countedFrom: now }
          : { work, state: 'active', next: firstAfter(work, id, now, nowMs), countedFrom: now },
      );
      return view(stored);
    }),
    endpoint(findSchedule, async ({ id, owner, locale }) => view(await existing(id, owner), locale)),
    endpoint(listSchedules, async ({ limit, locale, ...filter }) => {
      const rows = await schedules.list({ ...filter, limit: limit + 1 });
      const page = rows.slice(0, limit);
      return { schedules: page.map((row) => view(row, locale)), next: rows.length > limit ? page.at(-1)?.id : undefined };
    }),
    endpoint(deleteSchedule, async ({ id, owner }) => ({ deleted: await schedules.remove(id, owner, new Date(clock.now())) })),
    endpoint(steerSchedule, async ({ id, owner, to }) => {
      const stored = await changed(id, owner, (before) => steered(before, to, clock.now()));
      if (to === 'active') await settler.promote([id]);
      return view(stored);
    }),
    endpoint(previewSchedule, async ({ of, from, count, locale }) => {
      const nowMs = clock.now();
      const fromMs = from === undefined ? nowMs : Date.parse(from);
      if ('schedule' in of) return occurrencesViewOf(of.schedule, nowMs, { fromMs, count, locale });
      const stored = await existing(of.id, of.owner);
      return occurrencesViewOf(actionOf(stored), stored.countedFrom.getTime(), { fromMs, count, locale });
    }),
  ];
}

/** Only schedules of users are found by requests. */
function actionOf({ work }: StoredSchedule): Schedule {
  if (work.kind === 'job') throw new Error('a job of the system was found among the schedules of users');
  return work.schedule;
}

function steered({ id, work, state, countedFrom }: StoredSchedule, to: 'active' | 'paused', nowMs: number): ScheduleChange {
  if (state === to) throw new TerminalError('SCHEDULE_STATE', `it is ${state} already`);
  if (state === 'ended') throw new TerminalError('SCHEDULE_STATE', 'it has ended');
  if (to === 'paused') return { state: 'paused', pausedBy: 'asked', next: undefined };
  const next = firstAfter(work, id, countedFrom, nowMs);
  return next === undefined ? { state: 'ended', next } : { state: 'active', next };
}

export function unknown(id: string): TerminalError {
  return new TerminalError('SCHEDULE_UNKNOWN', `there is no schedule '${id}'`);
}
