import type { Outgoing, Transport } from '@techno/actor';
import { type CanonicalEvent, HEADER } from '@techno/contracts';
import { newW3cTraceId, systemClock, traceIdFrom } from '@techno/kernel';
import { createInbox, type Database, type Inbox, openDatabase } from '@techno/storage';
import { createTelemetry, type Telemetry } from '@techno/telemetry';
import { createDatabase, startPostgres, type TestDatabase } from '@techno/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Acceptor, createAcceptor, type Submission } from './accept.ts';
import { createDepartures } from './departures.ts';
import { createDriver } from './driver.ts';

const SWEEP_AFTER_MS = 20_000;

let test: TestDatabase;
let database: Database;
let telemetry: Telemetry;
let inbox: Inbox;
let acceptor: Acceptor;
let published: Outgoing[];
let logged: CanonicalEvent[];
let away: boolean;

beforeAll(async () => {
  test = await createDatabase();
  database = await openDatabase({ url: test.url('gateway'), applicationName: 'accept-test' });
  telemetry = createTelemetry({ service: 'gateway', version: '0.0.0', logLevel: 'silent', traceRatio: 0 });
});
afterAll(async () => {
  await Promise.all([database.close(), telemetry.shutdown()]);
  await test.drop();
});
beforeEach(() => {
  [published, logged, away] = [[], [], false];
  inbox = createInbox(database);
  acceptor = acceptorOn(inbox);
});

function acceptorOn(inbox: Inbox, maxBacklog = 100): Acceptor {
  const sent = published;
  const transport: Transport = {
    async publish(message) {
      if (away) throw new Error('NATS is away');
      sent.push(message);
    },
    schedule: () => Promise.reject(new Error('nothing here is scheduled')),
    reply() {},
  };
  const driver = createDriver({
    transport,
    clock: systemClock,
    replyTo: 'result.gw',
    connected: () => !away,
    onProblem: () => {},
  });
  const { tracer } = telemetry;
  const logEvents = (events: readonly CanonicalEvent[]) => void logged.push(...events);
  const departures = createDepartures({ onTheWay: () => 1 });
  return createAcceptor({
    inbox,
    driver,
    departures,
    tracer,
    clock: systemClock,
    sweepAfterMs: SWEEP_AFTER_MS,
    maxBacklog,
    logEvents,
  });
}

let made = 0;
const freshId = () => traceIdFrom(newW3cTraceId(Date.now()));
const submission = (more: Partial<Submission> = {}): Submission => ({
  traceId: freshId(),
  origin: 'api',
  route: '/v1/process',
  credential: { kind: 'api_key', hash: `hash-${++made}` },
  address: '203.0.113.7',
  request: { action: 'echo', context_id: 'default', payload: { n: 1 } },
  bytes: 60,
  fingerprint: 'f1',
  ...more,
});
const rows = async () =>
  (await database.query<{ n: number }>({ name: 'count', text: 'select count(*)::int as n from inbox' }, []))[0]?.n ?? 0;

describe('a submission', () => {
  it('is committed, then published, with the ids that lead from one to the other', async () => {
    const given = submission();
    const accepted = await acceptor.accept(given);
    if (accepted.kind !== 'accepted') throw new Error('not accepted');
    expect(await inbox.find(accepted.traceId)).toMatchObject({
      caller: given.credential.kind === 'api_key' ? given.credential.hash : '',
      request: { trace_id: accepted.traceId, request: given.request, origin: 'api', replay: 0, bytes: 60 },
    });
    expect(await accepted.driven).toBe(true);
    expect(published).toHaveLength(1);
    const [, w3c] = (published[0]?.headers[HEADER.traceparent] ?? '').split('-');
    expect(accepted.traceId).toBe(given.traceId);
    expect(traceIdFrom(w3c ?? '')).toBe(given.traceId);
    expect(logged).toMatchObject([{ event: 'REQUEST_START', trace_id: accepted.traceId }]);
    accepted.span.end();
  });

  it('is accepted while NATS is away, and waits for the sweeper', async () => {
    away = true;
    const accepted = await acceptor.accept(submission());
    if (accepted.kind !== 'accepted') throw new Error('not accepted');
    expect(await accepted.driven).toBe(false);
    expect(await inbox.find(accepted.traceId)).toBeDefined();
    const [row] = await database.query<{ wait: number }>(
      {
        name: 'due',
        text: 'select extract(epoch from due_at - accepted_at)::float8 * 1000 as wait from inbox where trace_id = $1',
      },
      [accepted.traceId],
    );
    expect(row?.wait).toBeGreaterThan(SWEEP_AFTER_MS - 5_000);
    expect(row?.wait).toBeLessThan(SWEEP_AFTER_MS + 5_000);
  });

  it('is refused past the backlog, before anything is committed', async () => {
    away = true;
    const bounded = acceptorOn(inbox, 2);
    await bounded.accept(submission());
    await bounded.accept(submission());
    const before = await rows();
    await expect(bounded.accept(submission())).rejects.toMatchObject({ status: 503, code: 'BACKLOG_FULL' });
    expect(await rows()).toBe(before);
    expect(logged).toHaveLength(2);
  });
});

describe('a repeat', () => {
  it('of an idempotency key is the first one, with the answer once there is one', async () => {
    const given = submission({ idempotencyKey: 'order-1' });
    const first = await acceptor.accept(given);
    const before = await acceptor.accept({ ...given, traceId: freshId() });
    expect(before).toEqual({ kind: 'repeated', traceId: first.traceId, sameRequest: true, answer: undefined });
    const answer = { status: 200, headers: { 'content-type': 'application/json' }, body: { ok: true } };
    await inbox.saveAnswer(first.traceId, answer);
    expect(await acceptor.accept({ ...given, traceId: freshId() })).toEqual({
      kind: 'repeated',
      traceId: first.traceId,
      sameRequest: true,
      answer,
    });
    expect(await acceptor.accept({ ...given, traceId: freshId(), fingerprint: 'f2' })).toMatchObject({
      kind: 'repeated',
      sameRequest: false,
    });
    expect(published).toHaveLength(1);
    expect(logged).toHaveLength(1);
  });

  it('of a message id is the first one, per source', async () => {
    const of = (source: string) => submission({ origin: 'webhook', credential: { kind: 'webhook', source }, messageId: 'msg_1' });
    const first = await acceptor.accept(of('shop'));
    expect(await acceptor.accept(of('shop'))).toMatchObject({ kind: 'repeated', traceId: first.traceId });
    expect(await acceptor.accept(of('bank'))).toMatchObject({ kind: 'accepted' });
  });

  it('of one caller never meets another`s', async () => {
    await acceptor.accept(submission({ idempotencyKey: 'order-2' }));
    expect(await acceptor.accept(submission({ idempotencyKey: 'order-2' }))).toMatchObject({ kind: 'accepted' });
  });

  it('among many at once: one is accepted', async () => {
    const given = submission({ idempotencyKey: 'order-3' });
    const all = await Promise.all(Array.from({ length: 30 }, () => acceptor.accept({ ...given, traceId: freshId() })));
    expect(all.filter(({ kind }) => kind === 'accepted')).toHaveLength(1);
    expect(new Set(all.map(({ traceId }) => traceId)).size).toBe(1);
  });
});

it('without the database nothing is accepted, published or told', async () => {
  const server = await startPostgres();
  const own = await createDatabase({ on: server });
  const lost = await openDatabase({ url: own.url('gateway'), applicationName: 'accept-test' });
  await server.kill();
  await expect(acceptorOn(createInbox(lost)).accept(submission())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(published).toEqual([]);
  expect(logged).toEqual([]);
  await lost.close();
  await server.stop();
});
