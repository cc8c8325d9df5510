import { createSafeFetch } from '@techno/http';
import { systemClock } from '@techno/kernel';
import { createBreakers } from '@techno/resilience';
import { type BehaviourName, startStandIns, type StandIns } from '@techno/stand-ins';
import { expect, it } from 'vitest';
import type { Channel } from './channel.ts';
import { type ChannelCase, channelConformance, outbound } from './channel.conformance.ts';
import { speaksAgainst } from './classify.ts';
import { evolutionChannel } from './evolution.ts';
import { smtpChannel } from './smtp.ts';
import { twilioChannel } from './twilio.ts';
import { webhookChannel } from './webhook.ts';
import { whaticketChannel } from './whaticket.ts';

const { signal } = new AbortController();
const http = (standIns: StandIns) => ({ fetch: createSafeFetch({ allow: [new URL(standIns.url).host] }), clock: systemClock });

/** A channel over HTTP, with the stand-in that speaks as its provider does. */
function httpCase(behaviour: BehaviourName, to: (standIns: StandIns) => string, build: (standIns: StandIns) => Channel) {
  return async (): Promise<ChannelCase> => {
    const standIns = await startStandIns();
    return {
      channel: build(standIns),
      to: to(standIns),
      arrived: () => standIns.messages.map(({ text, key }) => ({ text: textOf(text), key })),
      next: (what) =>
        standIns.behave(behaviour, {
          ...(what === 'cut' ? { drop: 'after' as const } : { status: what === 'temporary' ? 503 : 404 }),
          times: 1,
        }),
      vanish: () => standIns.goDown(),
      [Symbol.asyncDispose]: () => standIns.close(),
    };
  };
}

/** Webhooks carry their text in JSON. */
function textOf(body: string): string {
  return body.startsWith('{') ? (JSON.parse(body) as { data: { text: string } }).data.text : body;
}

const evolution = (keyed: boolean) => (standIns: StandIns) =>
  evolutionChannel({ ...http(standIns), baseUrl: standIns.url, apiKey: 'k', instance: 'main', keyed });
const phone = () => '+5511987654321';

channelConformance('evolution', httpCase('evolution', phone, evolution(false)));
channelConformance('evolution behind a proxy that honours keys', httpCase('evolution', phone, evolution(true)));
channelConformance(
  'whaticket',
  httpCase('whaticket', phone, (standIns) =>
    whaticketChannel({ ...http(standIns), baseUrl: standIns.url, token: 't', keyed: false }),
  ),
);
channelConformance(
  'twilio',
  httpCase('twilio', phone, (standIns) =>
    twilioChannel({ ...http(standIns), baseUrl: standIns.url, account: 'AC1', token: 't', from: '+15005550006', keyed: true }),
  ),
);
channelConformance(
  'webhook',
  httpCase(
    'webhook',
    ({ url }) => `${url}/hooks/ana`,
    (standIns) =>
      webhookChannel({
        ...http(standIns),
        masterKey: Buffer.alloc(32),
        breakers: createBreakers({ countsAgainst: speaksAgainst, failures: 50 }),
      }),
  ),
);
channelConformance('smtp', async () => {
  const standIns = await startStandIns();
  const channel = smtpChannel({ url: `smtp://127.0.0.1:${standIns.smtpPort}`, from: 'T <t@example.org>', plain: true });
  return {
    channel,
    to: 'ana@example.org',
    arrived: () => standIns.mails.map(({ text }) => ({ text: text.replaceAll('\r\n', '\n'), key: undefined })),
    next: (what) =>
      standIns.behave('smtp-data', {
        ...(what === 'cut' ? { drop: 'before' as const } : { status: what === 'temporary' ? 451 : 554 }),
        times: 1,
      }),
    vanish: () => standIns.close(),
    async [Symbol.asyncDispose]() {
      await channel.close?.();
      await standIns.close();
    },
  };
});

it('a connection that the server cut before it read anything was no message sent', async () => {
  await using standIns = disposable(await startStandIns());
  const channel = smtpChannel({ url: `smtp://127.0.0.1:${standIns.it.smtpPort}`, from: 'T <t@example.org>', plain: true });
  standIns.it.behave('smtp-connect', { status: 421, times: 1 });
  await expect(channel.send(outbound('ana@example.org'), signal)).rejects.toMatchObject({
    failure: { kind: 'smtp', reply: 421 },
  });
  await channel.close?.();
});

it('one-click unsubscribe names the recipient, and both headers that RFC 8058 asks for', async () => {
  await using standIns = disposable(await startStandIns());
  const channel = smtpChannel({
    url: `smtp://127.0.0.1:${standIns.it.smtpPort}`,
    from: 'T <t@example.org>',
    plain: true,
    unsubscribeUrl: 'https://example.org/unsubscribe',
  });
  await channel.send(outbound('ana@example.org', { html: '<p>x</p>' }), signal);
  await channel.close?.();
  const headers = Object.fromEntries(standIns.it.mails[0]?.headers.map(({ key, value }) => [key, value]) ?? []);
  expect(headers['list-unsubscribe']).toBe(
    '<https://example.org/unsubscribe?recipient=ana>, <mailto:t@example.org?subject=unsubscribe>',
  );
  expect(headers['list-unsubscribe-post']).toBe('List-Unsubscribe=One-Click');
  expect(headers['message-id']).toBe('<dlv_1.key@example.org>');
});

it('a session that is not open is not well', async () => {
  await using standIns = disposable(await startStandIns());
  const channel = evolution(false)(standIns.it);
  await channel.probe?.(signal);
  standIns.it.setSession('close');
  await expect(channel.probe?.(signal)).rejects.toThrow("the WhatsApp session is 'close'");
  // Answered with 400, and yet nothing is wrong with the message.
  await expect(channel.send(outbound('+5511987654321'), signal)).rejects.toMatchObject({
    failure: { kind: 'lost', sent: false, code: 'SESSION_CLOSED' },
  });
});

it('WhatsApp takes media with a caption, and refuses a number that does not exist', async () => {
  await using standIns = disposable(await startStandIns());
  const channel = evolution(false)(standIns.it);
  const media = { url: 'https://example.org/a.png', kind: 'image' as const };
  await channel.send(outbound('+5511987654321', { media, text: 'look' }), signal);
  expect(standIns.it.messages[0]?.text).toBe('look [https://example.org/a.png]');
  await expect(channel.send(outbound('+12'), signal)).rejects.toMatchObject({ failure: { status: 400, badAddress: true } });
});

function disposable<T extends { close(): Promise<void> }>(it: T): AsyncDisposable & { it: T } {
  return { it, [Symbol.asyncDispose]: () => it.close() };
}
