import { HOUR, MINUTE, SECOND } from '@techno/kernel';
import { until } from '@techno/testkit';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { webhookSecret } from './channels/webhook.ts';
import { createWorld, WEBHOOK_KEY, type World } from './testing/world.ts';

let world: World;
let person = '';
let count = 0;

beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

beforeEach(async () => {
  for (const name of ['smtp-data', 'smtp-rcpt', 'evolution', 'twilio', 'webhook'] as const)
    world.standIns.behave(name, undefined);
  world.standIns.mails.length = 0;
  world.standIns.messages.length = 0;
  world.told.length = 0;
  world.events.length = 0;
  const number = `+55119876${String(10_000 + ++count)}`;
  person = `person-${count}`;
  await world.put(person, {
    addresses: {
      whatsapp: number,
      email: `${person}@example.org`,
      sms: number,
      webhook: `${world.standIns.url}/hooks/${person}`,
    },
  });
});

const one = async (id: string) => {
  const [delivery] = (await world.read(id)).deliveries;
  if (delivery === undefined) throw new Error('no delivery');
  return delivery;
};
const say = (channels: ('whatsapp' | 'email' | 'sms' | 'webhook')[], more: object = {}) =>
  world.notify({ recipients: [person], text: { subject: 'News', body: `for ${person}` }, channels, ...more });

describe('e-mail', () => {
  it('451 four times, then accepted: one mail, five attempts at 5, 15, 45 and 90 s', async () => {
    world.standIns.behave('smtp-data', { status: 451, times: 4 });
    const id = await say(['email']);
    await world.settle();
    for (const seconds of [5, 15, 45, 90]) {
      world.clock.advance(seconds * SECOND - 1);
      await world.settle();
      world.clock.advance(1);
      await world.settle();
    }
    const delivery = await one(id);
    expect(delivery.state).toBe('SENT');
    expect(delivery.attempts.map((attempt) => attempt.class)).toEqual([...Array(4).fill('FAILED_TEMPORARY'), 'ACCEPTED']);
    const times = delivery.attempts.map((attempt) => attempt.started_at.getTime());
    expect(times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / SECOND)).toEqual([5, 15, 45, 90]);
    expect(world.standIns.mails).toHaveLength(1);
    expect(world.standIns.mails[0]).toMatchObject({ to: [`${person}@example.org`], subject: 'News', text: `for ${person}\n` });
  });

  it('550: no retry, SMS instead, and that mailbox is not tried again', async () => {
    world.standIns.behave('smtp-rcpt', { status: 550, times: 1 });
    const id = await say(['email', 'sms']);
    await world.settle();
    const delivery = await one(id);
    expect(delivery).toMatchObject({ state: 'SENT', channel: 'sms' });
    expect(delivery.attempts).toMatchObject([
      { channel: 'email', class: 'FAILED_PERMANENT', code: 'SMTP_550' },
      { channel: 'sms', class: 'ACCEPTED' },
    ]);
    expect(world.standIns.messages).toMatchObject([{ channel: 'sms', text: `News\n\nfor ${person}` }]);

    const next = await one(await say(['email']).then(async (again) => (await world.settle(), again)));
    expect(next).toMatchObject({ state: 'SKIPPED', code: 'ADDRESS_SUPPRESSED' });
    expect(world.standIns.mails).toHaveLength(0);
  });

  it.each(['before', 'after'] as const)('cut %s the server has it: UNKNOWN, and never sent again', async (drop) => {
    world.standIns.behave('smtp-data', { drop, times: 1 });
    const id = await say(['email']);
    await world.settle();
    world.clock.advance(12 * HOUR);
    await world.settle();
    const delivery = await one(id);
    expect(delivery).toMatchObject({ state: 'UNKNOWN' });
    expect(delivery.attempts).toHaveLength(1);
    expect(world.standIns.mails).toHaveLength(drop === 'after' ? 1 : 0);
  });

  it('carries no header that its data would like to add', async () => {
    await world.notify({ recipients: [person], channels: ['email'], text: { subject: 'A\r\nBcc: all@example.org', body: 'x' } });
    await world.settle();
    const [mail] = world.standIns.mails;
    expect(mail?.headers.map(({ key }) => key)).not.toContain('bcc');
    expect(mail?.subject).toBe('A Bcc: all@example.org');
    expect(mail?.headers.find(({ key }) => key === 'list-unsubscribe')).toBeDefined();
  });
});

describe('receipts', () => {
  const messageId = () => world.standIns.messages.find(({ channel }) => channel === 'whatsapp')?.id ?? '';
  const receive = (status: 'DELIVERED' | 'READ' | 'FAILED', id = messageId()) =>
    world.notifier.applyReceipt('whatsapp', { messageId: id, status, atMs: world.clock.now() });

  it('one that never comes sends the next channel', async () => {
    const id = await say(['whatsapp', 'email']);
    await world.settle();
    expect(await one(id)).toMatchObject({ state: 'SENT', channel: 'whatsapp', settled_at: null });
    world.clock.advance(60 * SECOND - 1);
    await world.settle();
    expect(world.standIns.mails).toHaveLength(0);
    world.clock.advance(1);
    await world.settle();
    expect(await one(id)).toMatchObject({ state: 'SENT', channel: 'email' });
    expect(world.standIns.mails).toHaveLength(1);
  });

  it('one that comes late cancels the fallback, which was not sent yet', async () => {
    const id = await say(['whatsapp', 'email']);
    await world.settle();
    world.clock.advance(60 * SECOND);
    // The time is up, and the next channel has its turn, but has not taken it.
    await world.notifier.sweeper.once();
    expect(await one(id)).toMatchObject({ state: 'QUEUED', channel: 'email' });
    await receive('DELIVERED');
    await world.settle();
    expect(await one(id)).toMatchObject({ state: 'DELIVERED', channel: 'whatsapp' });
    expect(world.standIns.mails).toHaveLength(0);
  });

  it('DELIVERED, then READ; told as settled once', async () => {
    const id = await say(['whatsapp', 'email']);
    await world.settle();
    await receive('DELIVERED');
    world.clock.advance(5 * SECOND);
    await receive('READ');
    await receive('DELIVERED');
    await world.settle();
    const delivery = await one(id);
    expect(delivery.state).toBe('READ');
    expect((delivery.read_at?.getTime() ?? 0) - (delivery.delivered_at?.getTime() ?? 0)).toBe(5 * SECOND);
    expect(delivery.attempts[0]).toMatchObject({ receipt: 'READ' });
    expect(world.told.map(({ subject }) => subject)).toEqual(['notification.dispatched', 'notification.delivered']);
    expect(world.events).toMatchObject([{ event: 'NOTIFICATION_SETTLED', data: { status: 'DELIVERED', channel: 'whatsapp' } }]);
  });

  it('one that is here before its message is on record is kept for it', async () => {
    const id = await say(['whatsapp']);
    const next = `WHATSAPP${count}-early`;
    world.standIns.behave('evolution', { status: 201, body: { key: { id: next } }, times: 1 });
    await receive('DELIVERED', next);
    await world.settle();
    await world.settle();
    expect(await one(id)).toMatchObject({ state: 'DELIVERED' });
  });

  it('a failure reported later sends the next channel', async () => {
    const id = await say(['whatsapp', 'sms']);
    await world.settle();
    await receive('FAILED');
    await world.settle();
    expect(await one(id)).toMatchObject({ state: 'SENT', channel: 'sms' });
  });
});

describe('people', () => {
  it('a missing address is passed over, never a failure', async () => {
    await world.put('mailbox-only', { addresses: { email: 'm@example.org' } });
    const id = await world.notify({ recipients: ['mailbox-only'], text: { body: 'x' }, channels: ['whatsapp', 'sms', 'email'] });
    await world.settle();
    const delivery = await one(id);
    expect(delivery).toMatchObject({ state: 'SENT', channel: 'email' });
    expect(delivery.attempts).toMatchObject([
      { class: 'SKIPPED', channel: 'whatsapp', code: 'ADDRESS_MISSING' },
      { class: 'SKIPPED', channel: 'sms' },
      { class: 'ACCEPTED', channel: 'email' },
    ]);
    const nowhere = await world.notify({ recipients: ['mailbox-only'], text: { body: 'x' }, channels: ['whatsapp'] });
    await world.settle();
    expect(await one(nowhere)).toMatchObject({ state: 'SKIPPED', code: 'ADDRESS_MISSING' });
  });

  it('sleep: only what is critical passes quiet hours, the rest waits for their end', async () => {
    const hours = { from: '11:00', to: '14:30' };
    await world.put('sleeper', { addresses: { email: 's@example.org' }, preferences: { quiet_hours: hours } });
    const [quiet, loud] = [
      await world.notify({ recipients: ['sleeper'], text: { body: 'quiet' } }),
      await world.notify({ recipients: ['sleeper'], text: { body: 'loud' }, severity: 'critical' }),
    ];
    // Whatever the tests before this one have made of the day.
    const noon = Math.ceil(world.clock.now() / (24 * HOUR)) * 24 * HOUR + 12 * HOUR;
    world.clock.advance(noon - world.clock.now());
    await world.settle();
    expect(world.standIns.mails.map(({ text }) => text.trim())).toEqual(['loud']);
    expect(await one(quiet)).toMatchObject({ state: 'QUEUED', code: 'QUIET_HOURS' });
    world.clock.advance(2.5 * HOUR);
    await world.settle();
    expect(world.standIns.mails.map(({ text }) => text.trim())).toEqual(['loud', 'quiet']);
    expect((await one(loud)).settled_at).not.toBeNull();
  });

  it('two messages to one recipient on one channel go out in the order of their acceptance, a retry between them or not', async () => {
    world.standIns.behave('smtp-data', { status: 451, times: 1 });
    for (const body of ['first', 'second', 'third'])
      await world.notify({ recipients: [person], text: { body }, channels: ['email'] });
    await world.settle();
    expect(world.standIns.mails).toHaveLength(0);
    world.clock.advance(10 * SECOND);
    await world.settle();
    expect(world.standIns.mails.map(({ text }) => text.trim())).toEqual(['first', 'second', 'third']);
  });
});

describe('the door', () => {
  it('is closed while the session is: nothing is claimed and no attempt made, until it is open again', async () => {
    const whatsapp = world.notifier.intakes.find(({ name }) => name === 'whatsapp:evolution');
    const stop = new AbortController();
    const watching = whatsapp?.watch(stop.signal);
    world.standIns.setSession('close');
    await until(() => whatsapp?.room() === 0);
    const id = await say(['whatsapp']);
    await world.settle();
    expect((await one(id)).attempts).toEqual([]);
    world.standIns.setSession('open');
    await until(() => whatsapp?.room() === Number.POSITIVE_INFINITY);
    await world.settle();
    expect(await one(id)).toMatchObject({ state: 'SENT', attempts: [{ number: 1, class: 'ACCEPTED' }] });
    stop.abort();
    await watching;
  });

  it('shut by failures in a row, gives back what they cost, and is tried with another message each time', async () => {
    const door = world.notifier.intakes.find(({ name }) => name === 'sms:twilio');
    world.standIns.behave('twilio', { status: 503 });
    const ids: string[] = [];
    for (let at = 0; at < 7; at++) {
      const address = `+5511976500${String(100 + at)}`;
      ids.push(await world.notify({ recipients: [{ channel: 'sms', address }], text: { body: `${at}` } }));
      await world.settle();
    }
    const attempts = async () => Promise.all(ids.map(async (id) => (await one(id)).attempts));
    expect(door?.room()).toBe(0);
    await until(async () => (await attempts()).flat().every(({ spent }) => !spent));
    expect((await attempts()).map(({ length }) => length)).toEqual([1, 1, 1, 1, 1, 0, 0]);

    for (const tried of [5, 6]) {
      await until(() => door?.room() === 1);
      world.clock.advance(2 * SECOND);
      await world.settle();
      expect((await attempts())[tried]).toMatchObject([{ class: 'FAILED_TEMPORARY', spent: false }]);
    }
    world.standIns.behave('twilio', undefined);
    await until(() => door?.room() === 1);
    world.clock.advance(2 * SECOND);
    await world.settle();
    expect(world.standIns.messages.map(({ text }) => text).toSorted()).toEqual(['0', '1', '2', '3', '4', '5', '6']);
    expect((await attempts()).map((of) => of.filter(({ spent }) => spent).length)).toEqual(ids.map(() => 1));
  });

  it('of webhooks is shut by no endpoint: the one that fails rests alone', async () => {
    world.standIns.behave('webhook', { status: 503, times: 6 });
    const ids: string[] = [];
    for (let at = 0; at < 6; at++) {
      await world.put(`hook-${at}`, { addresses: { webhook: `${world.standIns.url}/hooks/${at}` } });
      ids.push(await world.notify({ recipients: [`hook-${at}`], text: { body: 'x' } }));
      await world.settle();
    }
    expect(world.notifier.intakes.find(({ name }) => name === 'webhook:webhook')?.room()).toBe(Number.POSITIVE_INFINITY);
    await until(async () => {
      world.clock.advance(10 * SECOND);
      await world.settle();
      return world.standIns.messages.length === ids.length;
    });
    for (const id of ids) expect((await one(id)).state).toBe('SENT');
  });

  it('lets each out once and in order, however many claim at once', async () => {
    const bodies = Array.from({ length: 30 }, (_, index) => `message ${index}`);
    for (const body of bodies) await world.notify({ recipients: [person], text: { body }, channels: ['email'] });
    const dispatcher = world.notifier.dispatchers.find(({ channel }) => channel === 'email');
    const { signal } = new AbortController();
    const claiming = async (): Promise<void> => {
      while (world.standIns.mails.length < bodies.length) await dispatcher?.once(signal);
    };
    await Promise.all([claiming(), claiming(), claiming()]);
    expect(world.standIns.mails.map(({ text }) => text.trim())).toEqual(bodies);
  });
});

describe('windows', () => {
  it('a second one of a key within its window is not sent', async () => {
    const dedupe = { key: 'disk-full', window_seconds: 600 };
    const [first, second] = [await say(['email'], { dedupe }), await say(['email'], { dedupe })];
    await world.settle();
    expect(await one(first)).toMatchObject({ state: 'SENT' });
    expect(await one(second)).toMatchObject({ state: 'SKIPPED', code: 'DUPLICATE' });
    world.clock.advance(600 * SECOND + 1);
    const third = await say(['email'], { dedupe });
    await world.settle();
    expect(await one(third)).toMatchObject({ state: 'SENT' });
    expect(world.standIns.mails).toHaveLength(2);
  });

  it('a digest is one message at the end of its window, and ends all that are in it', async () => {
    const digest = { key: 'builds', window_seconds: 300 };
    const ids: string[] = [];
    for (const body of ['one', 'two', 'three']) ids.push(await say(['email'], { digest, text: { subject: 'Build', body } }));
    await world.settle();
    expect(world.standIns.mails).toHaveLength(0);
    world.clock.advance(5 * MINUTE);
    await world.settle();
    expect(world.standIns.mails).toHaveLength(1);
    expect(world.standIns.mails[0]?.text.replaceAll('\r', '')).toBe('Build\none\n\nBuild\ntwo\n\nBuild\nthree\n');
    for (const id of ids) expect(await one(id)).toMatchObject({ state: 'SENT' });
    expect(world.told.filter(({ subject }) => subject === 'notification.delivered')).toHaveLength(3);
  });
});

describe('webhooks', () => {
  it('are signed so that the standard library verifies them, with one id over retries', async () => {
    world.standIns.behave('webhook', { status: 503, retryAfter: 30, times: 1 });
    const id = await say(['webhook']);
    await world.settle();
    const wait = (await one(id)).due_at?.getTime() ?? 0;
    expect(wait - world.clock.now()).toBeGreaterThanOrEqual(30 * SECOND);
    world.clock.advance(40 * SECOND);
    await world.settle();
    const [taken] = world.standIns.messages;
    const headers = taken?.headers as Record<string, string>;
    // The library judges by the real time; what is signed is the test's.
    const realTime = String(Math.floor(Date.now() / 1_000));
    const webhook = new Webhook(webhookSecret(WEBHOOK_KEY, person));
    const at = new Date(Number(headers['webhook-timestamp']) * 1_000);
    expect(webhook.sign(headers['webhook-id'] ?? '', at, taken?.body ?? '')).toBe(headers['webhook-signature']);
    expect(realTime).not.toBe(headers['webhook-timestamp']);
    expect(JSON.parse(taken?.body ?? '')).toMatchObject({
      type: 'notification',
      data: { notification_id: id, text: `for ${person}` },
    });
  });

  it.each([
    [410, 'STATUS_410', true],
    [302, 'STATUS_302', false],
  ])('%d is the end of it (and of the endpoint: %s, %s)', async (status, code, disabled) => {
    world.standIns.behave('webhook', { status, times: 1, headers: { location: 'http://127.0.0.1:1/' } });
    const id = await say(['webhook']);
    await world.settle();
    expect(await one(id)).toMatchObject({ state: 'FAILED', code });
    const again = await say(['webhook']);
    await world.settle();
    expect((await one(again)).state).toBe(disabled ? 'SKIPPED' : 'SENT');
  });
});
