import { contact, type ContactInput } from '@techno/contracts';
import { expect, it, test } from 'vitest';
import { channelOrder, preflight } from './plan.ts';

const person = (input: ContactInput = {}) => contact.parse(input);
const facts = { configured: true, suppressed: false, nowMs: Date.UTC(2026, 0, 1, 23, 30) };

it('tries the channels the notification names, else those the contact prefers for the severity, else its own order, else the usual', () => {
  const choosy = person({ preferences: { channels: ['sms', 'email'], by_severity: { critical: ['whatsapp'] } } });
  expect(channelOrder(choosy, 'critical', ['webhook', 'email', 'webhook'])).toEqual(['webhook', 'email']);
  expect(channelOrder(choosy, 'critical', undefined)).toEqual(['whatsapp']);
  expect(channelOrder(choosy, 'low', undefined)).toEqual(['sms', 'email']);
  expect(channelOrder(person(), 'low', undefined)).toEqual(['whatsapp', 'email', 'sms', 'webhook']);
});

const reachable = { addresses: { email: 'a@example.org' } };

test.each<[string, ContactInput | undefined, Partial<typeof facts>, object]>([
  ['an address', reachable, {}, { kind: 'send', address: 'a@example.org' }],
  ['nobody', undefined, {}, { kind: 'skip', code: 'CONTACT_GONE' }],
  ['no address', {}, {}, { kind: 'skip', code: 'ADDRESS_MISSING' }],
  ['an opt-out', { ...reachable, opted_out: ['email'] }, {}, { kind: 'skip', code: 'OPTED_OUT' }],
  ['a bounce', reachable, { suppressed: true }, { kind: 'skip', code: 'ADDRESS_SUPPRESSED' }],
  ['no provider', reachable, { configured: false }, { kind: 'skip', code: 'CHANNEL_NOT_CONFIGURED' }],
])('%s', (_name, input, more, expected) => {
  expect(preflight(input && person(input), 'email', 'normal', { ...facts, ...more })).toEqual(expected);
});

it('waits for the end of quiet hours in the recipient’s own zone, unless it is critical', () => {
  const sleeper = person({
    ...reachable,
    time_zone: 'America/Sao_Paulo',
    preferences: { quiet_hours: { from: '20:00', to: '07:00' } },
  });
  expect(preflight(sleeper, 'email', 'high', facts)).toEqual({ kind: 'wait', until: new Date(Date.UTC(2026, 0, 2, 10, 0)) });
  expect(preflight(sleeper, 'email', 'critical', facts)).toMatchObject({ kind: 'send' });
  expect(preflight(sleeper, 'email', 'high', { ...facts, nowMs: Date.UTC(2026, 0, 1, 15) })).toMatchObject({ kind: 'send' });
});
