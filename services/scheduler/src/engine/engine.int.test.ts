import {
  backfillSchedule,
  deleteSchedule,
  findSchedule,
  listRuns,
  type NotificationRequested,
  replaceSchedule,
  schedule as scheduleSchema,
  steerSchedule,
  triggerSchedule,
} from '@techno/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createWorld, OWNER, type World } from '../testing/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const everyMinute = { interval_seconds: 60 };

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());
beforeEach(() => world.clear());

/** A moment so many minutes after this one. */
const inMinutes = (minutes: number) => new Date(world.clock.now() + minutes * MINUTE).toISOString();

const notices = () =>
  world.nats.published
    .filter(({ subject }) => subject === 'notification.requested')
    .map(({ data }) => JSON.parse(data) as NotificationRequested);

async function endAll(status: 'completed' | 'failed' | 'denied' = 'completed'): Promise<void> {
  const open = world.requested().map(({ trace_id }) => trace_id);
  const { runs } = await world.ask(listRuns, { status: 'running', limit: 200 });
  for (const { trace_id } of runs) if (open.includes(trace_id)) await world.end(trace_id, status);
}

describe('a tick, with three replicas that all hear it', () => {
  it('is one run, asked for once on behalf of the owner, and the next one is armed', async () => {
    const { id } = await world.create(everyMinute);
    expect(world.nats.ticks.size).toBe(1);
    await world.pass(MINUTE);
    expect(await world.told(id)).toEqual(['+1 running']);
    expect(world.requested()).toMatchObject([
      {
        origin: 'schedule',
        credential: { kind: 'delegate', by: `schedule:${id}`, owner: OWNER },
        request: { action: 'echo', context_id: 'default', payload: { hello: 'world' } },
        replay: 0,
      },
    ]);
    expect([...world.nats.ticks.values()].map(({ atMs }) => atMs - world.clock.now())).toEqual([MINUTE]);
  });

  it('comes round again and again', async () => {
    const { id } = await world.create(everyMinute);
    for (let n = 0; n < 5; n++) {
      await world.pass(MINUTE);
      await endAll();
    }
    expect(await world.told(id)).toEqual([1, 2, 3, 4, 5].map((at) => `+${at} completed`));
    expect(new Set((await world.runs(id)).map(({ traceId }) => traceId)).size).toBe(5);
  });

  it('once, it ends the schedule', async () => {
    const { id } = await world.create({ at: inMinutes(0.5) });
    await world.pass(MINUTE);
    expect(await world.told(id)).toEqual(['+0 running']);
    expect(await world.ask(findSchedule, { id })).toMatchObject({ state: 'ended' });
    expect(world.nats.ticks.size).toBe(0);
  });
});

describe('NATS is away for three ticks', () => {
  it.each([
    [300, ['+1 completed', '+2 running', '+3 waiting', '+4 waiting']],
    [131, ['+1 completed', '+2 running', '+3 waiting', '+4 waiting']],
    [100, ['+1 completed', '+2 missed', '+3 running', '+4 waiting']],
    [30, ['+1 completed', '+2 missed', '+3 missed', '+4 running']],
    [10, ['+1 completed', '+2 missed', '+3 missed', '+4 missed']],
  ])('back after it, with a window of %d s, exactly what is in the window runs', async (catch_up_seconds, expected) => {
    const { id } = await world.create({ ...everyMinute, catch_up_seconds });
    await world.pass(MINUTE);
    await endAll();
    world.nats.up = false;
    for (let n = 0; n < 3; n++) await world.pass(MINUTE);
    await world.pass(10 * SECOND + 1);
    // While it is away nothing is decided: what is asked for could not be published.
    expect(await world.told(id)).toEqual(['+1 completed']);
    world.nats.up = true;
    await world.pass(0);
    expect(await world.told(id)).toEqual(expected);
    for (let n = 0; n < 4; n++) await endAll();
    expect((await world.told(id)).filter((one) => !/completed|missed/.test(one))).toEqual([]);
    const asked = world.requested();
    expect(asked).toHaveLength(expected.filter((one) => !one.endsWith('missed')).length);
    await world.pass(50 * SECOND);
    expect((await world.told(id)).at(-1)).toBe('+5 running');
  });

  it('and has lost its store: schedules are armed anew and nothing is passed over', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, async () => (await world.create(everyMinute)).id));
    world.nats.wipe();
    // The stream is looked at now and then.
    for (let n = 0; n < 6; n++) await world.pass(SECOND);
    expect(world.nats.ticks.size).toBe(20);
    await world.pass(MINUTE - 6 * SECOND);
    for (const id of ids) expect(await world.told(id)).toEqual(['+1 running']);
  });

  it('the missed ones are in the record with the reason, and the trail is told of them', async () => {
    const { id } = await world.create({ ...everyMinute, catch_up_seconds: 10 });
    world.nats.up = false;
    await world.pass(2 * MINUTE + 30 * SECOND);
    world.nats.up = true;
    await world.pass(0);
    await world.pass(0);
    const { runs } = await world.ask(listRuns, { schedule_id: id, limit: 10 });
    expect(runs).toMatchObject([{ status: 'missed', reason: 'CATCH_UP_WINDOW' }, { status: 'missed' }]);
    const news = world.nats.published.filter(({ subject }) => subject === 'job.finished').map(({ data }) => JSON.parse(data));
    expect(news.flatMap((one) => one.runs).map((one) => one.status)).toEqual(['missed', 'missed']);
    expect(world.requested()).toEqual([]);
  });
});

describe('a tick that was lost', () => {
  it('is made good: the schedule is found overdue', async () => {
    const { id } = await world.create(everyMinute);
    world.nats.ticks.clear();
    await world.pass(MINUTE + 3 * SECOND);
    expect(await world.told(id)).toEqual(['+1 running']);
    expect(world.nats.ticks.size).toBe(1);
  });

  it('a run that NATS did not take is asked for again, under the same trace', async () => {
    const { id } = await world.create(everyMinute);
    await world.pass(MINUTE);
    const [before] = world.requested();
    // Nothing is heard of it for as long as an action may take.
    world.nats.published.length = 0;
    await world.pass(21 * SECOND);
    expect(world.requested()).toMatchObject([{ trace_id: before?.trace_id }]);
    expect(await world.told(id)).toEqual(['+1 running']);
  });
});

describe('while a run has not ended', () => {
  it('skip: the next one is skipped, with the reason', async () => {
    const { id } = await world.create(everyMinute);
    await world.pass(MINUTE);
    await world.pass(MINUTE);
    await endAll();
    await world.pass(MINUTE);
    expect(await world.told(id)).toEqual(['+1 completed', '+2 skipped', '+3 running']);
    expect((await world.runs(id))[1]).toMatchObject({ reason: 'OVERLAP' });
  });

  it('queue: the next ones wait, and begin one after another', async () => {
    const { id } = await world.create({ ...everyMinute, overlap: 'queue' });
    for (let n = 0; n < 3; n++) await world.pass(MINUTE);
    expect(await world.told(id)).toEqual(['+1 running', '+2 waiting', '+3 waiting']);
    await endAll();
    expect(await world.told(id)).toEqual(['+1 completed', '+2 running', '+3 waiting']);
    await endAll();
    await endAll();
    expect(await world.told(id)).toEqual(['+1 completed', '+2 completed', '+3 completed']);
  });

  it('allow: they run beside each other', async () => {
    const { id } = await world.create({ ...everyMinute, overlap: 'allow' });
    for (let n = 0; n < 3; n++) await world.pass(MINUTE);
    expect(await world.told(id)).toEqual(['+1 running', '+2 running', '+3 running']);
  });

  it('an end that nobody heard is read from the record of actions', async () => {
    const { id } = await world.create(everyMinute);
    await world.pass(MINUTE);
    const [asked] = world.requested();
    await world.recordAction(asked?.trace_id ?? '', 'FAILED');
    await world.sweep();
    expect(await world.told(id)).toEqual(['+1 failed']);
    expect((await world.runs(id))[0]).toMatchObject({ reason: 'UPSTREAM_STATUS', errorMessage: 'from the record' });
  });
});

describe('a schedule that is denied', () => {
  it('is on record each time, and its owner is told once', async () => {
    const { id } = await world.create({ ...everyMinute, notify: ['ana'] });
    for (let n = 0; n < 4; n++) {
      await world.pass(MINUTE);
      await endAll('denied');
    }
    await world.sweep();
    expect(await world.told(id)).toEqual(['+1 denied', '+2 denied', '+3 denied', '+4 denied']);
    expect((await world.runs(id))[0]).toMatchObject({ reason: 'ACTION_NOT_AUTHORIZED' });
    expect(notices()).toMatchObject([{ principal: OWNER, request: { recipients: ['ana'] } }]);
    expect(await world.ask(findSchedule, { id })).toMatchObject({ state: 'active', failures: 4 });
  });

  it('after a run that completed, the next denial is news again', async () => {
    await world.create(everyMinute);
    for (const status of ['denied', 'completed', 'denied', 'denied'] as const) {
      await world.pass(MINUTE);
      await endAll(status);
    }
    await world.sweep();
    expect(notices().map(({ request }) => request.recipients)).toEqual([[OWNER], [OWNER]]);
  });

  it('failing as often as it says pauses it, and its owner is told', async () => {
    const { id } = await world.create({ ...everyMinute, pause_after_failures: 2 });
    for (let n = 0; n < 4; n++) {
      await world.pass(MINUTE);
      await endAll('failed');
    }
    expect(await world.told(id)).toEqual(['+1 failed', '+2 failed']);
    expect(await world.ask(findSchedule, { id })).toMatchObject({ state: 'paused', paused_by: 'failures', failures: 2 });
    await world.sweep();
    expect(notices()).toMatchObject([{ request: { text: { subject: 'Paused: test' } } }]);
    await world.ask(steerSchedule, { id, to: 'active' });
    await world.pass(MINUTE);
    expect((await world.told(id)).at(-1)).toBe('+5 running');
  });
});

describe('an owner', () => {
  it('pauses and resumes: nothing of the time between is caught up', async () => {
    const { id } = await world.create(everyMinute);
    await world.ask(steerSchedule, { id, to: 'paused' });
    await world.pass(3 * MINUTE);
    await expect(world.ask(steerSchedule, { id, to: 'paused' })).rejects.toMatchObject({ code: 'SCHEDULE_STATE' });
    await world.ask(steerSchedule, { id, to: 'active' });
    expect(await world.told(id)).toEqual([]);
    await world.pass(MINUTE);
    expect(await world.told(id)).toEqual(['+4 running']);
  });

  it('triggers a run, which the overlap rule judges', async () => {
    const { id } = await world.create(everyMinute);
    expect(await world.ask(triggerSchedule, { id })).toMatchObject({ status: 'running', trigger: 'manual' });
    expect(await world.ask(triggerSchedule, { id })).toMatchObject({ status: 'skipped', reason: 'OVERLAP' });
    expect(world.requested()).toHaveLength(1);
  });

  it('backfills what was missed, once, and leaves what ran', async () => {
    const { id } = await world.create({ ...everyMinute, catch_up_seconds: 10 });
    await world.pass(MINUTE);
    await endAll();
    world.nats.up = false;
    await world.pass(3 * MINUTE + 30 * SECOND);
    world.nats.up = true;
    await world.pass(0);
    const range = { id, from: inMinutes(-3.5), to: inMinutes(-0.5) };
    expect(await world.ask(backfillSchedule, range)).toEqual({ occurrences: 4, runs: 3 });
    expect(await world.ask(backfillSchedule, range)).toEqual({ occurrences: 4, runs: 0 });
    expect(await world.told(id)).toEqual(['+1 completed', '+2 running', '+3 waiting', '+4 waiting']);
    for (let n = 0; n < 3; n++) await endAll();
    expect((await world.told(id)).every((one) => one.endsWith('completed'))).toBe(true);
    expect(world.requested()).toHaveLength(4);
  });

  it.each([
    ['backwards', -60, -120],
    ['into the future', -60, 60],
    ['further back than runs are kept', -100_000, -99_990],
    ['more than a thousand', -1_500, -10],
  ])('may not backfill %s', async (_what, from, to) => {
    const { id } = await world.create(everyMinute);
    await expect(world.ask(backfillSchedule, { id, from: inMinutes(from), to: inMinutes(to) })).rejects.toMatchObject({
      code: 'BACKFILL_INVALID',
    });
  });

  it('deletes it: what waits is skipped, what runs goes on', async () => {
    const { id } = await world.create({ ...everyMinute, overlap: 'queue' });
    await world.pass(MINUTE);
    await world.pass(MINUTE);
    expect(await world.ask(deleteSchedule, { id, owner: OWNER })).toEqual({ deleted: true });
    expect(await world.told(id)).toEqual(['+1 running', '+2 skipped']);
    await endAll();
    await world.pass(MINUTE);
    expect(await world.told(id)).toEqual(['+1 completed', '+2 skipped']);
  });

  it('replaces it: a tick of before does nothing', async () => {
    const { id } = await world.create(everyMinute);
    const schedule = scheduleSchema.parse({ name: 'b', action: 'echo', context_id: 'default', interval_seconds: 600 });
    await world.ask(replaceSchedule, { id, owner: OWNER, schedule });
    await world.pass(5 * MINUTE);
    expect(await world.told(id)).toEqual([]);
    await world.pass(5 * MINUTE);
    expect(await world.told(id)).toEqual(['+10 running']);
  });

  it('knows nothing of the schedules of others', async () => {
    const { id } = await world.create(everyMinute);
    for (const contract of [findSchedule, triggerSchedule] as const) {
      await expect(world.ask(contract as never, { id, owner: 'key_other' })).rejects.toMatchObject({ code: 'SCHEDULE_UNKNOWN' });
    }
    expect(await world.ask(deleteSchedule, { id, owner: 'key_other' })).toEqual({ deleted: false });
  });
});

it.each([
  [{ cron: '0 0 30 2 *' }, /never run/],
  [{ at: '2020-11-01T00:00:00Z' }, /never run/],
  [{ interval_seconds: 60, time_zone: 'Mars/Olympus' }, /time zone/],
  [{ interval_seconds: 1, catch_up_seconds: 2_000 }, /1000 occurrences/],
  [{ interval_seconds: 5, jitter_seconds: 10 }, /jitter/],
  [{ interval_seconds: 60, payload: { big: 'x'.repeat(300_000) } }, /larger/],
])('an unsound schedule cannot be made (%#)', async (given, why) => {
  await expect(world.create(given)).rejects.toMatchObject({ code: 'SCHEDULE_INVALID', message: expect.stringMatching(why) });
});
