import { withConnection } from '@techno/embedded';
import { until } from '@techno/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Launched, launch, type StackFile } from '../e2e/launched.ts';
import { call as callAt, type CallOptions, type Json } from '../support/client.ts';

type Stack = StackFile & { readonly standIns: { readonly url: string } };

let launched: Launched;
let stack: Stack;

beforeAll(async () => {
  launched = await launch({ TECHNO_LOG_LEVEL: 'warn', TECHNO_JOB_INTERVAL_MS: '1000' }, ['--replicas', 'scheduler=3']);
  stack = (await launched.stack()) as Stack;
  const ana = { addresses: { email: 'ana@example.org' }, locale: 'pt-BR', time_zone: 'America/Sao_Paulo' };
  const { status, text } = await call('PUT', '/v1/contacts/ana', { key: stack.adminKey, body: ana });
  if (status !== 200) throw new Error(`no contact: ${text}`);
}, 120_000);
afterAll(async () => {
  await launched?.stop();
}, 30_000);

const call = (method: string, path: string, options: CallOptions = {}) =>
  callAt(stack.gateway, method, path, { key: stack.apiKey, ...options });

const mailsOf = async (title: string): Promise<Json[]> => {
  const { mails } = (await (await fetch(`${stack.standIns.url}/api/mails`)).json()) as { mails: Json[] };
  return mails.filter(({ subject }) => String(subject).includes(title));
};

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const HOUR_MS = 3_600_000;

/** Completed runs of a job. */
const runsOf = (job: string) =>
  withConnection(stack.postgres, async (client) => {
    const { rows } = await client.query<{ count: string }>(
      `select count(*) from worker_job_events where job_name = $1 and status = 'completed'`,
      [job],
    );
    return Number(rows[0]?.count);
  });

it('an event an hour away is one mail: over 10 runs, three replicas and a kill -9 of one', { timeout: 60_000 }, async () => {
  const body = { title: 'Dentist', starts_at: inMs(HOUR_MS), recipients: ['ana'], location: 'Room 2' };
  const before = await runsOf('event-reminder');
  const made = await call('POST', '/v1/agenda/events', { body });
  expect(made).toMatchObject({ status: 201, body: { title: 'Dentist', recipients: ['ana'] } });
  const schedulers = stack.processes.filter(({ service }) => service.startsWith('scheduler'));
  expect(schedulers).toHaveLength(3);
  process.kill(schedulers[0]?.pid ?? 0, 'SIGKILL');
  await until(async () => (await runsOf('event-reminder')) >= before + 10, { timeoutMs: 50_000 });
  await until(async () => (await mailsOf('Dentist')).length > 0);
  expect(await mailsOf('Dentist')).toMatchObject([
    { to: ['ana@example.org'], subject: expect.stringMatching(/^Lembrete: Dentist, \d\d:\d\d$/) as string },
  ]);
  const { body: event } = await call('GET', `/v1/agenda/events/${made.body['id']}`);
  expect(event['reminders']).toMatchObject([{ recipient: 'ana', occurrence: 'once' }]);
  const [{ notification_id: id }] = event['reminders'];
  await until(async () => (await call('GET', `/v1/notifications/${id}`)).body['status'] === 'DELIVERED');
  // Moved within its hour, it is still the one that was announced.
  await call('PATCH', `/v1/agenda/events/${made.body['id']}`, { body: { starts_at: inMs(HOUR_MS / 2) } });
  const now = await runsOf('event-reminder');
  await until(async () => (await runsOf('event-reminder')) >= now + 2);
  expect(await mailsOf('Dentist')).toHaveLength(1);
});

describe('the agenda', () => {
  it('a task is one mail; done in time it is none', async () => {
    const make = async (title: string) => {
      const body = { title, due_at: inMs(1.4 * HOUR_MS), recipients: ['ana'] };
      return (await call('POST', '/v1/agenda/tasks', { body })).body['id'] as string;
    };
    // Done before it is due to be told of.
    const early = { title: 'Early', due_at: inMs(3 * HOUR_MS), recipients: ['ana'] };
    const { body: task } = await call('POST', '/v1/agenda/tasks', { body: early });
    expect((await call('POST', `/v1/agenda/tasks/${task['id']}/complete`)).body).toMatchObject({ status: 'done' });
    await call('PATCH', `/v1/agenda/tasks/${task['id']}`, { body: { due_at: inMs(HOUR_MS) } });
    await make('Taxes');
    await until(async () => (await mailsOf('Taxes')).length === 1);
    const now = await runsOf('task-reminder');
    await until(async () => (await runsOf('task-reminder')) >= now + 2);
    expect(await mailsOf('Taxes')).toHaveLength(1);
    expect(await mailsOf('Early')).toEqual([]);
  });

  it('takes in a calendar; a second time it updates, and says what it could not take', async () => {
    const file = (title: string) =>
      [
        'BEGIN:VCALENDAR',
        'BEGIN:VEVENT',
        'UID:weekly@example.org',
        'DTSTART;TZID=Europe/Lisbon:20260323T100000',
        'RRULE:FREQ=WEEKLY;COUNT=4',
        'EXDATE;TZID=Europe/Lisbon:20260330T100000',
        `SUMMARY:${title}`,
        'END:VEVENT',
        'BEGIN:VEVENT',
        'UID:weekly@example.org',
        'RECURRENCE-ID;TZID=Europe/Lisbon:20260406T100000',
        'DTSTART;TZID=Europe/Lisbon:20260407T150000',
        'END:VEVENT',
        'BEGIN:VEVENT',
        'UID:bad@example.org',
        'END:VEVENT',
        'END:VCALENDAR',
      ].join('\r\n');
    const send = (title: string) =>
      call('POST', '/v1/agenda/import?recipients=ana', { raw: file(title), headers: { 'content-type': 'text/calendar' } });
    expect(await send('Weekly')).toMatchObject({
      status: 200,
      body: { created: 1, updated: 0, refused: [{ code: 'CALENDAR_ITEM_INVALID' }] },
    });
    expect((await send('Renamed')).body).toMatchObject({ created: 0, updated: 1 });
    const { body: found } = await call('GET', '/v1/agenda/events?from=2026-04-07T00:00:00Z&to=2026-04-08T00:00:00Z');
    expect(found['events']).toMatchObject([{ title: 'Renamed', uid: 'weekly@example.org', recipients: ['ana'] }]);
    const none = await call('GET', '/v1/agenda/events?from=2026-03-30T00:00:00Z&to=2026-03-31T00:00:00Z');
    expect(none.body['events']).toEqual([]);
    const path = `/v1/agenda/events/${found['events'][0].id}/occurrences?from=2026-01-01T00:00:00Z`;
    const { body: times } = await call('GET', path);
    expect(times['occurrences'].map(({ starts_at }: { starts_at: string }) => starts_at.slice(0, 16))).toEqual([
      '2026-03-23T10:00',
      '2026-04-07T14:00',
      '2026-04-13T09:00',
    ]);
  });

  it('refuses what it cannot use, with a code', async () => {
    const event = { title: 'x', starts_at: '2026-12-01T10:00:00Z' };
    const refusals: [string, object, number, string][] = [
      ['events', { ...event, recipients: ['nobody'] }, 422, 'CONTACT_UNKNOWN'],
      ['events', { ...event, time_zone: 'Mars/Olympus' }, 422, 'AGENDA_ZONE_UNKNOWN'],
      ['events', { ...event, ends_at: '2026-12-01T09:00:00Z' }, 422, 'AGENDA_TIME_INVALID'],
      ['events', { ...event, recurrence: { rule: 'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30' } }, 422, 'RECURRENCE_INVALID'],
      ['events', { ...event, starts_at: 'soon' }, 400, 'VALIDATION_FAILED'],
      ['tasks', { title: ' ' }, 400, 'VALIDATION_FAILED'],
      ['events?cursor=x', {}, 400, 'AGENDA_CURSOR_INVALID'],
    ];
    for (const [path, body, status, code] of refusals) {
      const answer = await call(path.includes('?') ? 'GET' : 'POST', `/v1/agenda/${path}`, path.includes('?') ? {} : { body });
      expect([path, body, answer.status, answer.body['code']]).toEqual([path, body, status, code]);
    }
    for (const raw of ['', 'hello', 'BEGIN:VCALENDAR\nBEGIN:VEVENT', new Uint8Array([0x42, 0xff, 0xfe])])
      expect(await call('POST', '/v1/agenda/import', { raw })).toMatchObject({ status: 422, body: { code: 'CALENDAR_INVALID' } });
    await call('POST', '/v1/agenda/tasks', { body: { title: 'once', uid: 'mine' } });
    expect((await call('POST', '/v1/agenda/tasks', { body: { title: 'twice', uid: 'mine' } })).status).toBe(409);
  });

  it('of one is not seen or changed by another; who may manage any may', async () => {
    const made = await call('POST', '/v1/keys', {
      key: stack.adminKey,
      body: { name: 'other', role: 'developer', contexts: ['*'] },
    });
    const key = String(made.body['key']);
    const { body: mine } = await call('POST', '/v1/agenda/events', { body: { title: 'Secret', starts_at: inMs(30 * HOUR_MS) } });
    const { body: task } = await call('POST', '/v1/agenda/tasks', { body: { title: 'Secret' } });
    const paths: [string, string, object?][] = [
      ['GET', `events/${mine['id']}`],
      ['GET', `events/${mine['id']}/occurrences`],
      ['PATCH', `events/${mine['id']}`, { title: 'stolen' }],
      ['DELETE', `events/${mine['id']}`],
      ['GET', `tasks/${task['id']}`],
      ['PATCH', `tasks/${task['id']}`, { title: 'stolen' }],
      ['POST', `tasks/${task['id']}/complete`],
      ['DELETE', `tasks/${task['id']}`],
      ['GET', `tasks/${mine['id']}`],
    ];
    for (const [method, path, body] of paths) {
      const answer = await call(method, `/v1/agenda/${path}`, { key, ...(body === undefined ? {} : { body }) });
      expect([method, path, answer.status, answer.body['code']]).toEqual([method, path, 404, 'AGENDA_ITEM_UNKNOWN']);
    }
    // Naming another owner gives one's own all the same.
    expect((await call('GET', `/v1/agenda/events?owner=${mine['owner']}`, { key })).body).toEqual({ events: [] });
    expect((await call('GET', `/v1/agenda/events/${mine['id']}`, { key: stack.adminKey })).body).toMatchObject({
      title: 'Secret',
    });
    expect((await call('DELETE', `/v1/agenda/events/${mine['id']}`)).status).toBe(204);
    expect((await call('DELETE', `/v1/agenda/events/${mine['id']}`)).status).toBe(404);
  });
});
