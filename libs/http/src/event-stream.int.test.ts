import { setImmediate as turn } from 'node:timers/promises';

import { describe, expect, test } from 'vitest';

import { type EventStream, formatEvent } from './event-stream.ts';
import type { StreamReply } from './reply.ts';
import { type RawClient, rawClient } from './testing/raw-client.ts';
import { gate, route, startServer } from './testing/test-server.ts';

const GET = (...lines: string[]) => `GET /events HTTP/1.1\r\nHost: x\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
/** Everything received, once the response has ended. */
async function ended(client: RawClient): Promise<string> {
  const received = await client.until(/\r\n0\r\n\r\n$/);
  client.destroy();
  return received;
}
const untilOver = ({ signal }: EventStream) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));

/** A server with one stream, and what its handler was given. */
async function streaming(
  run: StreamReply['stream'],
  reply: Partial<StreamReply> = {},
  options: Parameters<typeof startServer>[1] = {},
) {
  const opened = gate<EventStream>();
  const stream: StreamReply['stream'] = (events) => {
    opened.resolve(events);
    return run(events);
  };
  const server = await startServer([route('GET', '/events', () => ({ status: 200, stream, ...reply }))], options);
  const client = await rawClient(server.port);
  return { server, client, opened: opened.promise };
}

test('the wire form: fields, JSON data, several lines, and no way to smuggle in a field', () => {
  expect(formatEvent({ data: 'a\nb\r\nc\rd' })).toBe('data: a\ndata: b\ndata: c\ndata: d\n\n');
  expect(formatEvent({ event: 'x', id: '7', data: { a: '1\n2' } })).toBe('id: 7\nevent: x\ndata: {"a":"1\\n2"}\n\n');
  expect(formatEvent({ event: 'x\ndata: evil', id: '1\r\nid: 2', data: 1 })).toBe('id: 1id: 2\nevent: xdata: evil\ndata: 1\n\n');
});

describe('a stream', () => {
  test('is open at once, carries events in order, knows the Last-Event-ID, and ends when its run does', async () => {
    const { client, server } = await streaming(async (events) => {
      await turn();
      expect(events.send({ id: '8', data: `after ${events.lastEventId}` })).toBe(true);
      events.send({ id: '9', event: 'tick', data: { n: 9 } });
    });
    client.send(GET('Last-Event-ID: 7'));
    const received = await ended(client);
    expect(received).toMatch(/content-type: text\/event-stream\r\ncache-control: no-store/);
    expect(received.replaceAll(/\r\n[0-9a-f]+\r\n/g, '')).toMatch(
      /: connected\n\n[^]*id: 8\ndata: after 7\n\n[^]*id: 9\nevent: tick\ndata: \{"n":9\}\n\n/,
    );
    expect(server.inFlight()).toBe(0);
  });

  test('sends a comment when nothing else is sent', async () => {
    const { client } = await streaming(untilOver, { heartbeatMs: 20 });
    client.send(GET());
    const received = await client.until(/: heartbeat\n\n[^]*: heartbeat\n\n/);
    expect(received).not.toContain('data:');
    client.destroy();
  });

  test('holds no place among the requests in flight, and is over for its run when the client leaves', async () => {
    const over = gate<unknown>();
    const { client, server, opened } = await streaming(async (events) => {
      await untilOver(events);
      over.resolve([events.signal.reason, events.send({ data: 'late' })]);
    });
    client.send(GET());
    await opened;
    await client.until(/connected/);
    expect(server.inFlight()).toBe(0);
    client.destroy();
    expect(await over.promise).toEqual([new Error('CLIENT_GONE'), false]);
  });

  test('says so when its run fails, without saying why', async () => {
    const errors: unknown[] = [];
    const { client } = await streaming(
      () => Promise.reject(new Error('hunter2')),
      {},
      { observer: { onError: (error) => errors.push(error) } },
    );
    client.send(GET());
    const received = await ended(client);
    expect(received).toMatch(/event: error\ndata: \{"code":"INTERNAL","trace_id":"tr_/);
    expect(received).not.toContain('hunter2');
    expect(errors).toEqual([new Error('hunter2')]);
  });

  test('a run that throws at once ends likewise', async () => {
    const { client } = await streaming(() => {
      throw new Error('hunter2');
    });
    client.send(GET());
    expect(await ended(client)).toMatch(/event: error/);
  });

  test('ends with a comment when the server closes', async () => {
    const { client, server, opened } = await streaming(untilOver);
    client.send(GET());
    const { signal } = await opened;
    await server.close(1000);
    expect(await client.closed()).toMatch(/: the server closes\n\n/);
    expect(signal.reason).toEqual(new Error('SERVER_CLOSING'));
  });

  test('beyond maxStreams: 503 OVERLOADED', async () => {
    const { client, server, opened } = await streaming(untilOver, {}, { maxStreams: 1 });
    client.send(GET());
    await opened;
    const refused = await fetch(`${server.url}/events`);
    expect([refused.status, await refused.json()]).toEqual([503, expect.objectContaining({ code: 'OVERLOADED' })]);
    client.destroy();
  });

  test('HEAD gets its head and no stream', async () => {
    const { server } = await streaming(untilOver);
    const response = await fetch(`${server.url}/events`, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  });
});

describe('a client that does not keep up', () => {
  const event = (n: number) => ({ id: String(n), data: 'x'.repeat(64 * 1024) });

  test('is dropped once too much waits for it, and the last thing it reads says so', async () => {
    const sent = gate<number>();
    const { client, opened } = await streaming(
      async (events) => {
        let n = 0;
        while (events.send(event(n))) {
          n += 1;
          if (n > 10_000) throw new Error('never full');
        }
        sent.resolve(n);
      },
      { maxBufferedBytes: 256 * 1024 },
    );
    client.socket.pause();
    client.send(GET());
    await sent.promise;
    expect((await opened).signal.reason).toEqual(new Error('SLOW_CONSUMER'));
    client.socket.resume();
    const received = await ended(client);
    expect(received).toMatch(/event: error\ndata: \{"code":"SLOW_CONSUMER","detail":"[^"]*Last-Event-ID"\}\n\n\r\n0\r\n\r\n$/);
    const ids = [...received.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    expect(ids).toEqual(ids.map((_, index) => index));
    expect(ids.length).toBeLessThan(await sent.promise);
  });

  test('but catches up in time gets every event, in order', async () => {
    const total = 90; // 5.6 MiB: more than the socket's buffers on both sides take
    const { client } = await streaming(
      async (events) => {
        for (let n = 0; n < total; n += 1) events.send(event(n));
        events.send({ event: 'last', data: 1 });
        await untilOver(events);
      },
      { maxBufferedBytes: 64 * 1024 * 1024 },
    );
    client.socket.pause();
    client.send(GET());
    await turn();
    client.socket.resume();
    const received = await client.until(/event: last\ndata: 1\n\n/);
    expect([...received.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))).toEqual(
      Array.from({ length: total }, (_, n) => n),
    );
    client.destroy();
  });
});
