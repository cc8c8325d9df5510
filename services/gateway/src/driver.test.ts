import type { Outgoing, Transport } from '@techno/actor';
import { type ActionRequested, HEADER } from '@techno/contracts';
import { until } from '@techno/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDriver, type Driver } from './driver.ts';

const request = (n: number): ActionRequested => ({
  trace_id: `tr_${n.toString(16).padStart(32, '0')}`,
  origin: 'api',
  credential: { kind: 'api_key', hash: 'h' },
  address: '203.0.113.7',
  request: { action: 'echo', context_id: 'default', payload: {} },
  bytes: 2,
  received_at: '2026-11-20T10:00:00.000Z',
  replay: 0,
});

let published: Outgoing[];
let problems: number[];
let away: boolean;
let connected: boolean;
let asked: number;
let driver: Driver;
let stop: AbortController;

beforeEach(() => {
  [published, problems, away, connected, asked] = [[], [], false, true, 0];
  stop = new AbortController();
  const transport: Transport = {
    async publish(message) {
      if (away) throw new Error('NATS is away');
      published.push(message);
    },
    schedule: () => Promise.reject(new Error('nothing here is scheduled')),
    reply() {},
  };
  driver = createDriver({
    transport,
    clock: { now: () => 0 },
    replyTo: 'result.gw',
    connected: () => {
      asked++;
      return connected;
    },
    onProblem: ({ backlog }) => problems.push(backlog),
  });
});
afterEach(() => stop.abort());

const drive = (n: number, times = 0) => driver.drive(request(n), '00-trace', times);

describe('a drive', () => {
  it('publishes the request, with where its result is waited for', async () => {
    expect(await drive(1)).toBe(true);
    expect(published).toMatchObject([
      {
        subject: 'action.requested.api',
        stream: 'ACTIONS',
        headers: { [HEADER.replyTo]: 'result.gw', [HEADER.traceparent]: '00-trace' },
      },
    ]);
    expect(JSON.parse(published[0]!.data)).toEqual(request(1));
    expect(driver.backlog).toBe(0);
  });

  it('has an id of its own each time, and the same when it is done twice', async () => {
    await drive(1);
    await drive(1);
    await drive(1, 1);
    await drive(1, 2);
    await drive(2);
    const ids = published.map(({ id }) => id);
    expect(ids[0]).toBe(ids[1]);
    expect(new Set(ids).size).toBe(4);
  });
});

describe('the backlog', () => {
  it('holds what NATS did not take, once each, and says so when it begins', async () => {
    away = true;
    expect(await drive(1)).toBe(false);
    expect(await drive(1)).toBe(false);
    expect(await drive(2)).toBe(false);
    expect(driver.backlog).toBe(2);
    expect(problems).toEqual([1]);
  });

  it('is driven again when NATS is back, each request once', async () => {
    away = true;
    for (let n = 0; n < 600; n++) await drive(n);
    expect(driver.backlog).toBe(600);
    away = false;
    const running = driver.run(stop.signal);
    await until(() => driver.backlog === 0);
    stop.abort();
    await running;
    expect(new Set(published.map(({ id }) => id)).size).toBe(600);
    expect(published).toHaveLength(600);
  });

  it('rests while there is no connection', async () => {
    away = true;
    await drive(1);
    [away, connected] = [false, false];
    const running = driver.run(stop.signal);
    await until(() => asked >= 2);
    expect(published).toEqual([]);
    connected = true;
    await until(() => driver.backlog === 0);
    stop.abort();
    await running;
  });

  it('lets go of what a later drive of the same id brought through', async () => {
    away = true;
    await drive(1);
    away = false;
    expect(await drive(1)).toBe(true);
    expect(driver.backlog).toBe(0);
  });
});
