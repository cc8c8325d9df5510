import { until } from '@techno/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, call } from '../support/client.ts';
import { expectProblem, TRACE_ID } from '../support/problem.ts';
import type { ServiceProcess } from '../support/service-process.ts';
import { github, newStandardSecret, nowS, type Signed, standard, timestamped, token } from '../support/sign.ts';
import { stack } from './shared-stack.ts';

let other: ServiceProcess;

const SHARED = 'a-shared-secret-of-forty-characters.....';
const STANDARD = newStandardSecret();
const TOKEN_HEADER = 'x-shop-token';

beforeAll(async () => {
  other = stack.processes.filter(({ service }) => service === 'gateway')[1]!;
  await stack.applyPolicy((policy) => {
    for (const source of ['standard', 'github', 'timestamped', 'token', 'wrapped', 'forbidden'])
      policy.sources = { ...policy.sources, [source]: { role: 'webhook-demo' } };
  });
  await put('standard', { scheme: 'standard', secrets: [STANDARD] });
  await put('github', { scheme: 'github', secrets: [SHARED] });
  await put('timestamped', { scheme: 'timestamped', secrets: [SHARED], header: 'stripe-signature' });
  await put('token', { scheme: 'token', secrets: [SHARED], header: TOKEN_HEADER });
});

async function put(source: string, settings: object): Promise<void> {
  const body = { action: 'echo', context_id: 'webhooks', ...settings };
  const { status, text } = await stack.call('PUT', `/v1/webhooks/${source}`, { key: stack.rootKey, body });
  if (status !== 200) throw new Error(text);
  // The other gateway follows.
  const listed = async () =>
    (await call(other.url, 'GET', '/v1/webhooks', { key: stack.rootKey })).body['sources'].find(
      (one: { source: string }) => one.source === source,
    );
  const expected = { ...body, secrets: (settings as { secrets: string[] }).secrets.length };
  const follows = async () => {
    expect(await listed()).toMatchObject(expected);
    return true;
  };
  await until(follows);
}

const deliver = (source: string, signed: Signed, at = stack.url): Promise<Answer> =>
  call(at, 'POST', `/v1/webhooks/${source}`, { raw: signed.body, headers: signed.headers });

const messageOf = (n: number) => JSON.stringify({ order: n, note: 'paid' });
let messages = 0;

/** A fresh delivery of each scheme. */
const SCHEMES: Record<string, () => Signed> = {
  standard: () => standard(STANDARD, messageOf(++messages), `msg_${messages}`),
  github: () => github(SHARED, messageOf(++messages)),
  timestamped: () => timestamped(SHARED, messageOf(++messages)),
  token: () => token(SHARED, messageOf(++messages), TOKEN_HEADER),
};
const schemes = Object.keys(SCHEMES);

describe.each(schemes)('the scheme %s', (scheme) => {
  it('lets a signed delivery in, and its action runs for the source', async () => {
    const signed = SCHEMES[scheme]!();
    const answer = await deliver(scheme, signed);
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ trace_id: expect.stringMatching(TRACE_ID), status: 'ACCEPTED' });
    expect(await stack.ended(String(answer.body['trace_id']))).toMatchObject({
      status: 'COMPLETED',
      action: 'echo',
      context_id: 'webhooks',
      origin: 'webhook',
      principal: `webhook:${scheme}`,
      result: JSON.parse(signed.body),
    });
  });

  it('answers the same message again with the same trace, at any replica, and it has no second effect', async () => {
    const signed = SCHEMES[scheme]!();
    const answers = [];
    for (const at of [stack.url, stack.url, other.url]) answers.push(await deliver(scheme, signed, at));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set(answers.map(({ body }) => body['trace_id'])).size).toBe(1);
    const traceId = String(answers[0]?.body['trace_id']);
    await stack.ended(traceId);
    const { body } = await stack.call('GET', `/v1/actions/${traceId}/audit`, { key: stack.rootKey });
    const events = body['rows'].flatMap((row: { events: { event: string }[] }) => row.events.map(({ event }) => event));
    expect(events.filter((event: string) => event === 'ACTION_STARTED')).toHaveLength(1);
    expect(events.filter((event: string) => event === 'REQUEST_START')).toHaveLength(1);
  });

  it('refuses a body or a proof changed by one byte, with a problem', async () => {
    const signed = SCHEMES[scheme]!();
    const changed: Signed[] = Object.keys(signed.headers).map((name) => ({
      ...signed,
      headers: { ...signed.headers, [name]: turned(signed.headers[name]!) },
    }));
    // A static token says nothing about the body.
    if (scheme !== 'token') changed.push({ ...signed, body: turned(signed.body) });
    for (const one of changed) {
      const answer = await deliver(scheme, one);
      expect(answer.body['code']).toMatch(/^WEBHOOK_/);
      expectProblem(answer, 401, String(answer.body['code']));
    }
    expect((await deliver(scheme, signed)).status).toBe(202);
  });

  it('refuses an unsigned delivery', async () => {
    const answer = await deliver(scheme, { body: messageOf(0), headers: {} });
    expect(answer.status).toBe(401);
    expect(answer.body['code']).toMatch(/_MISSING$/);
  });
});

/** The text with the last letter or digit of it replaced by another. */
function turned(text: string): string {
  const at = text.search(/[a-z0-9][^a-z0-9]*$/i);
  return `${text.slice(0, at)}${text[at] === '1' ? '2' : '1'}${text.slice(at + 1)}`;
}

describe('the bytes', () => {
  it('are what is signed: the same JSON written again is refused', async () => {
    const signed = standard(STANDARD, '{ "order": 1.0 }', 'msg_rewritten');
    expect((await deliver('standard', { ...signed, body: JSON.stringify(JSON.parse(signed.body)) })).status).toBe(401);
    expect((await deliver('standard', signed)).status).toBe(202);
  });

  it('that are signed and no JSON are 400', async () => {
    expectProblem(await deliver('standard', standard(STANDARD, '{"order":', 'msg_broken')), 400, 'PAYLOAD_INVALID');
    expectProblem(await deliver('standard', standard(STANDARD, '{"a":1,"a":2}', 'msg_twice')), 400, 'PAYLOAD_INVALID');
  });
});

describe('the time', () => {
  it.each([
    ['too old', -301, 'WEBHOOK_TIMESTAMP_TOO_OLD'],
    ['too new', 320, 'WEBHOOK_TIMESTAMP_TOO_NEW'],
  ])('%s is refused by both schemes that sign it', async (_what, seconds, code) => {
    expectProblem(await deliver('standard', standard(STANDARD, '{}', `msg_${code}`, nowS() + seconds)), 401, code);
    expectProblem(await deliver('timestamped', timestamped(SHARED, '{}', nowS() + seconds)), 401, code);
  });

  it('within five minutes is not', async () => {
    const late = standard(STANDARD, messageOf(++messages), `msg_late_${messages}`, nowS() - 280);
    expect((await deliver('standard', late)).status).toBe(202);
  });

  it('of a retry is new and its id is not: still one action', async () => {
    const body = messageOf(++messages);
    const first = await deliver('standard', standard(STANDARD, body, 'msg_retried', nowS() - 100));
    const retry = await deliver('standard', standard(STANDARD, body, 'msg_retried', nowS()));
    expect(retry.status).toBe(202);
    expect(retry.body).toEqual(first.body);
  });
});

describe('the secrets of a source', () => {
  it('may be several while one replaces another', async () => {
    const [old, next] = [newStandardSecret(), newStandardSecret()];
    const send = (secret: string, id: string) => deliver('rotated', standard(secret, '{}', id));
    await stack.applyPolicy((policy) => (policy.sources = { ...policy.sources, rotated: { role: 'webhook-demo' } }));
    await put('rotated', { scheme: 'standard', secrets: [old] });
    await put('rotated', { scheme: 'standard', secrets: [next, old] });
    expect((await send(old, 'msg_old')).status).toBe(202);
    expect((await send(next, 'msg_new')).status).toBe(202);
    await put('rotated', { scheme: 'standard', secrets: [next] });
    expect((await send(next, 'msg_new_2')).status).toBe(202);
    expect((await send(old, 'msg_old_2')).status).toBe(401);
  });

  it('are never read back', async () => {
    const listed = await stack.call('GET', '/v1/webhooks', { key: stack.rootKey });
    expect(listed.body['sources']).toContainEqual(expect.objectContaining({ source: 'token', scheme: 'token', secrets: 1 }));
    expect(listed.text).not.toContain(SHARED);
    expect(listed.text).not.toContain(STANDARD);
  });
});

describe('a source', () => {
  it('that is not there, is switched off or was removed is 404', async () => {
    const signed = () => github(SHARED, messageOf(++messages));
    expectProblem(await deliver('nobody', signed()), 404, 'WEBHOOK_SOURCE_UNKNOWN');
    await put('off', { scheme: 'github', secrets: [SHARED], enabled: false });
    expectProblem(await deliver('off', signed()), 404, 'WEBHOOK_SOURCE_UNKNOWN');
    await put('off', { scheme: 'github', secrets: [SHARED], enabled: true });
    expect((await deliver('off', signed())).status).toBe(202);
    const gone = await stack.call('DELETE', '/v1/webhooks/off', { key: stack.rootKey });
    expect(gone.status).toBe(204);
    expectProblem(await deliver('off', signed()), 404, 'WEBHOOK_SOURCE_UNKNOWN');
    expectProblem(await stack.call('DELETE', '/v1/webhooks/off', { key: stack.rootKey }), 404, 'WEBHOOK_SOURCE_UNKNOWN');
  });

  it('the policy gives no role is accepted and denied, on record', async () => {
    await put('stranger', { scheme: 'github', secrets: [SHARED] });
    const { status, body } = await deliver('stranger', github(SHARED, messageOf(++messages)));
    expect(status).toBe(202);
    expect(await stack.ended(String(body['trace_id']))).toMatchObject({
      status: 'DENIED',
      reason_codes: ['AUTHENTICATION_INVALID_KEY'],
    });
  });

  it('may do what its role may, and nothing else', async () => {
    await put('forbidden', {
      scheme: 'github',
      secrets: [SHARED],
      action: 'ask_model',
      payload: { template: { question: 'why?' } },
    });
    const { body } = await deliver('forbidden', github(SHARED, messageOf(++messages)));
    expect(await stack.ended(String(body['trace_id']))).toMatchObject({ status: 'DENIED', gate: 'G10' });
  });

  it('maps its body to the payload of its action', async () => {
    await put('wrapped', { scheme: 'github', secrets: [SHARED], payload: { wrap: 'items' } });
    const { body } = await deliver('wrapped', github(SHARED, '[1,2]'));
    expect(await stack.ended(String(body['trace_id']))).toMatchObject({ result: { items: [1, 2] } });
  });

  it('that makes no sense is refused without its secret in the answer', async () => {
    const answer = await stack.call('PUT', '/v1/webhooks/bad', {
      key: stack.rootKey,
      body: { scheme: 'github', secrets: ['too short'], action: 'echo', context_id: 'webhooks' },
    });
    expectProblem(answer, 400, 'VALIDATION_FAILED');
    expect(answer.text).not.toContain('too short');
  });
});

it('a rejection is kept with its reason, size and id, without its body, and counted', async () => {
  const signed = standard(STANDARD, JSON.stringify({ canary: 'body-of-a-rejected-delivery' }), 'msg_rejected');
  await deliver('standard', { ...signed, headers: { ...signed.headers, 'webhook-signature': 'v1,AAAA' } });
  const rejection = await until(async () => {
    const { body } = await stack.call('GET', '/v1/webhook-rejections?source=standard', { key: stack.rootKey });
    return body['rejections'].find((one: { message_id?: string }) => one.message_id === 'msg_rejected');
  });
  expect(rejection).toEqual({
    source: 'standard',
    reason: 'WEBHOOK_SIGNATURE_INVALID',
    message_id: 'msg_rejected',
    bytes: signed.body.length,
    rejected_at: expect.any(String),
  });
  const metrics = await (await fetch(`${stack.process('gateway').ops}/metrics`)).text();
  expect(metrics).toMatch(/webhook_rejections_total\{source="standard",reason="WEBHOOK_SIGNATURE_INVALID"\} [1-9]/);
  const log = stack.processes.map((one) => one.log()).join('');
  expect(log).not.toContain('body-of-a-rejected-delivery');
});
