import { eventsOf } from '@techno/contracts';
import { describe, expect, it } from 'vitest';
import { createTelemetry, type TelemetryOptions } from '../telemetry.ts';

/** A telemetry whose log lands in an array. */
function recorded(options: Partial<TelemetryOptions> = {}) {
  let text = '';
  const telemetry = createTelemetry({
    service: 'gateway',
    version: '1.0.0',
    logLevel: 'debug',
    traceRatio: 0,
    logDestination: { write: (lines) => void (text += lines) },
    clock: { now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 6) },
    ...options,
  });
  const lines = () =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { ...telemetry, lines, text: () => text };
}

describe('log', () => {
  it('writes one JSON line with level, RFC 3339 time, service, pid, fields and message', () => {
    const { log, lines } = recorded();
    log.info({ actor: 'decide', attempt: 1 }, 'actor.attempted');
    expect(lines()).toEqual([
      {
        level: 'info',
        time: '2026-01-02T03:04:05.006Z',
        service: 'gateway',
        pid: process.pid,
        actor: 'decide',
        attempt: 1,
        msg: 'actor.attempted',
      },
    ]);
  });

  it('is silent below its level', () => {
    const { log, lines } = recorded({ logLevel: 'warn' });
    log.info({}, 'no');
    log.warn({}, 'yes');
    expect(lines().map(({ msg }) => msg)).toEqual(['yes']);
  });

  it('carries the fields of its ancestors, the nearest first', () => {
    const { log, lines } = recorded();
    log.child({ actor: 'a', attempt: 1 }).child({ attempt: 2 }).info({}, 'x');
    expect(lines()[0]).toMatchObject({ actor: 'a', attempt: 2 });
  });

  it('never throws', () => {
    const { log, lines } = recorded();
    const thrower = {
      get boom(): string {
        throw new Error('no');
      },
    };
    log.info(thrower, 'survived');
    expect(lines()[0]).toMatchObject({ unloggable: true, msg: 'survived' });
  });

  it('writes nothing of a planted secret, wherever it is planted', () => {
    const canary = 'CANARY7f3a91';
    const key = `sk_live_${canary}`;
    const { log, logEvents, text } = recorded();
    const error = new Error(`upstream said Bearer ${canary}`, {
      cause: new Error(`postgres://u:${canary}@db failed`, { cause: { token: canary, text: key } }),
    });
    Object.assign(error, { request: { headers: { authorization: canary } } });
    error.stack = `Error: ${key}\n    at https://u:${canary}@host/file.js`;

    log.info({}, `message with ${key}`);
    log.info({ authorization: canary, 'x-api-key': canary, nested: { cookie: canary, list: [{ password: canary }] } }, 'fields');
    log.info({ a: { b: { c: { d: { e: canary } } } } }, 'deep');
    log.info({ url: new URL(`http://u:${canary}@host/`), raw: Buffer.from(canary), when: { toJSON: () => key } }, 'objects');
    log.info({ [key]: true, map: new Map([[canary, canary]]) }, 'names');
    log.error({ err: error }, 'error');
    log.error(error, 'bare error');
    log.error({ err: new AggregateError([new Error(`password=${canary}`)], key) }, 'aggregate');
    log.child({ secret: canary, note: key }).warn({}, 'child');
    logEvents([
      {
        event: 'DECISION',
        trace_id: 'tr_1',
        at: '2026-01-01T00:00:00.000Z',
        data: { apiKey: canary, note: key, header: `Bearer ${canary}` },
      },
    ]);
    log.info({ token: canary }, `token: ${canary}`);

    expect(text().split('\n')).toHaveLength(12);
    expect(text()).not.toContain(canary);
    expect(text()).not.toContain(Buffer.from(canary).toString('base64'));
  });
});

describe('logEvents', () => {
  const answered = eventsOf['action.answered']({
    answers: [{ trace_id: `tr_${'a'.repeat(32)}`, at: '2026-01-01T00:00:00.000Z', status: 200, duration_ms: 12 }],
  } as never);

  it('writes each event as a line of its own', () => {
    const { logEvents, lines } = recorded();
    logEvents([...answered, ...answered]);
    expect(lines()).toHaveLength(2);
    expect(lines()[0]).toEqual({
      level: 'info',
      time: '2026-01-02T03:04:05.006Z',
      service: 'gateway',
      pid: process.pid,
      layer: 'http',
      event: 'REQUEST_END',
      trace_id: `tr_${'a'.repeat(32)}`,
      at: '2026-01-01T00:00:00.000Z',
      data: { status: 200, duration_ms: 12 },
    });
  });

  it('keeps a line a line, whatever an event holds', () => {
    const { logEvents, lines } = recorded();
    logEvents([{ event: 'DECISION', trace_id: 'tr_"\n', at: '\\', data: { text: 'a\nb"' } }]);
    expect(lines()[0]).toMatchObject({ trace_id: 'tr_"\n', at: '\\', data: { text: 'a\nb"' } });
  });

  it('is silent above info', () => {
    const { logEvents, text } = recorded({ logLevel: 'error' });
    logEvents(answered);
    expect(text()).toBe('');
  });
});
