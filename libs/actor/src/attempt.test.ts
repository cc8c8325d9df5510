import { HEADER, type Headers } from '@techno/contracts';
import { SECOND, TemporaryError, TerminalError } from '@techno/kernel';
import { describe, expect, it } from 'vitest';
import { type ActorSpec, defineActor, type HandlerContext } from './actor.ts';
import { attempt } from './attempt.ts';
import { done, ordered } from './testing/orders.ts';
import { createInMemoryBus, type InMemoryBus, type InMemoryBusOptions } from './in-memory-bus.ts';
import { silentObserver } from './observer.ts';
import type { Delivery } from './transport.ts';

type Body = { n: number };
type Handle = (message: Body, context: HandlerContext, bus: InMemoryBus) => Promise<void> | void;

/** One actor named `worker` on a bus of its own. */
function given(handle: Handle, spec: Partial<ActorSpec<Body>> = {}, options: Partial<InMemoryBusOptions> = {}): InMemoryBus {
  const bus = createInMemoryBus({ seed: 1, startMs: Date.parse('2026-01-01T00:00:00Z'), ...options });
  bus.run(
    defineActor<Body>({
      name: 'worker',
      receives: ordered,
      retryDelaysMs: [1 * SECOND, 5 * SECOND],
      handle: async (message, context) => handle(message, context, bus),
      ...spec,
    }),
  );
  return bus;
}

const what = (bus: InMemoryBus, seq = 1) =>
  bus.history.filter((one) => one.seq === seq && one.actor === 'worker').map((one) => one.what);
const doneSubjects = (bus: InMemoryBus) =>
  bus.stored('ACTIONS').flatMap(({ subject }) => (subject.startsWith('test.done') ? [subject] : []));

describe('an attempt that succeeds', () => {
  it('stores what it emitted, then acks', async () => {
    const bus = given(({ n }, { publish }) => publish(done, { n }));
    bus.send(ordered, { n: 7 }, 'cause');
    await bus.settle();
    expect(bus.history.map(({ what, seq }) => `${what} ${seq}`)).toEqual(['stored 1', 'delivered 1', 'stored 2', 'acked 1']);
    expect(bus.stored('ACTIONS')[1]).toMatchObject({ subject: 'test.done.7', id: 'cause.worker.test.done.7' });
  });

  it('tells the one who waits, when there is one', async () => {
    const bus = given(({ n }, { conclude }) => conclude(done, { n }));
    bus.send(ordered, { n: 1 }, 'one', { [HEADER.replyTo]: 'inbox.gateway' });
    bus.send(ordered, { n: 2 }, 'two');
    await bus.settle();
    expect(bus.replies).toEqual([{ subject: 'inbox.gateway', headers: expect.anything(), data: '{"n":1}' }]);
    expect(doneSubjects(bus)).toEqual(['test.done.1', 'test.done.2']);
  });

  it('publishes nothing of an attempt that failed', async () => {
    const bus = given(({ n }, { publish, attempt }) => {
      publish(done, { n });
      if (attempt === 1) throw new TemporaryError('BUSY');
    });
    bus.send(ordered, { n: 1 }, 'one');
    await bus.settle();
    expect(doneSubjects(bus)).toHaveLength(1);
  });

  it('emits under the same ids when it is done again', async () => {
    const bus = given(({ n }, { publish }) => publish(done, { n }), {}, { seed: 3, faults: { ackLost: 0.8 } });
    for (let n = 0; n < 20; n++) bus.send(ordered, { n }, `order ${n}`);
    await bus.settle();
    expect(bus.history.some(({ what, deliveries }) => what === 'delivered' && deliveries === 2)).toBe(true);
    expect(new Set(doneSubjects(bus)).size).toBe(20);
    expect(doneSubjects(bus)).toHaveLength(20);
  });
});

describe('an attempt that fails', () => {
  it('comes back as itself: subject, headers and body, with its attempts counted', async () => {
    const seen: { attempt: number; last: boolean; at: number }[] = [];
    const bus = given((_message, { attempt, lastAttempt }, { clock }) => {
      seen.push({ attempt, last: lastAttempt, at: clock.now() });
      throw new TemporaryError('BUSY', 'later');
    });
    bus.send(ordered, { n: 1 }, 'one', { [HEADER.replyTo]: 'inbox.gateway', 'Nats-Expected-Stream': 'X' });
    await bus.settle();
    expect(seen.map(({ attempt, last }) => `${attempt} ${last}`)).toEqual(['1 false', '2 false', '3 true']);
    const [first = 0, second = 0, third = 0] = seen.map(({ at }) => at);
    expect(Math.abs(second - first - 1 * SECOND)).toBeLessThanOrEqual(0.2 * SECOND);
    expect(Math.abs(third - second - 5 * SECOND)).toBeLessThanOrEqual(1 * SECOND);

    const retry = bus.stored('ACTIONS')[1];
    expect(retry).toMatchObject({
      subject: 'retry.ACTIONS.worker',
      headers: {
        [HEADER.eventId]: 'one',
        [HEADER.attempt]: '1',
        [HEADER.originalSubject]: 'test.ordered.1',
        [HEADER.firstFailure]: '2026-01-01T00:00:00.000Z',
        [HEADER.replyTo]: 'inbox.gateway',
        'Techno-Last-Error': 'BUSY',
      },
    });
    expect(retry?.headers).not.toHaveProperty('Nats-Expected-Stream');
    expect(new TextDecoder().decode(retry?.data)).toBe('{"n":1}');
  });

  it('is buried whole when its attempts are spent', async () => {
    const bus = given(() => {
      throw new TemporaryError('BUSY', 'still busy');
    });
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    bus.send(ordered, { n: 1 }, 'one', { [HEADER.traceparent]: traceparent, [HEADER.eventType]: 'test.ordered' });
    await bus.settle();
    const [letter, ...others] = bus.deadLetters();
    expect(others).toEqual([]);
    expect(letter).toMatchObject({
      actor: 'worker',
      stream: 'ACTIONS',
      subject: 'test.ordered.1',
      payload: '{"n":1}',
      encoding: 'json',
      trace_id: `tr_${'a'.repeat(32)}`,
      headers: { [HEADER.traceparent]: traceparent, [HEADER.eventType]: 'test.ordered', [HEADER.eventId]: 'one' },
      error: { code: 'BUSY', message: 'still busy' },
      attempts: 3,
      first_failure_at: '2026-01-01T00:00:00.000Z',
    });
    expect(letter?.error.stack).toContain('attempt.test.ts');
    const waitedMs = Date.parse(letter?.last_failure_at ?? '') - Date.parse('2026-01-01T00:00:00Z');
    expect(waitedMs).toBeGreaterThan(4 * SECOND);
    expect(what(bus, 3)).toEqual(['delivered', 'termed']);
  });

  it.each([
    ['not UTF-8', new Uint8Array([0xff, 0xfe, 0x00]), 'base64', '//4A'],
    ['not JSON', '{"n":', 'json', '{"n":'],
    ['not this message', '{"n":"one"}', 'json', '{"n":"one"}'],
    ['empty', '', 'json', ''],
  ])('is buried at once when the body is %s', async (_name, data, encoding, payload) => {
    const bus = given(() => expect.fail('nobody should handle it'));
    bus.store('ACTIONS', 'test.ordered.1', data);
    await bus.settle();
    expect(bus.deadLetters()).toEqual([expect.objectContaining({ encoding, payload, attempts: 1 })]);
    expect(bus.deadLetters()[0]?.error.code).toBe('MESSAGE_UNPARSEABLE');
    expect(what(bus)).toEqual(['delivered', 'termed']);
  });

  it('is buried at once when trying again cannot help', async () => {
    let handled = 0;
    const bus = given(() => {
      handled++;
      throw new TerminalError('GONE');
    });
    bus.send(ordered, { n: 1 }, 'one');
    await bus.settle();
    expect(handled).toBe(1);
    expect(bus.deadLetters().map(({ error, attempts }) => `${error.code} ${attempts}`)).toEqual(['GONE 1']);
  });

  it('waits for free for as long as it takes', async () => {
    const attempts: number[] = [];
    const bus = given((_message, { attempt }) => {
      attempts.push(attempt);
      if (attempts.length <= 30)
        throw new TemporaryError('BREAKER_OPEN', 'open', { spendsAttempt: false, retryAfterMs: 10 * SECOND });
    });
    bus.send(ordered, { n: 1 }, 'one');
    await bus.settle();
    expect(attempts).toEqual(Array.from({ length: 31 }, () => 1));
    expect(bus.clock.now() - Date.parse('2026-01-01T00:00:00Z')).toBeGreaterThanOrEqual(300 * SECOND);
    expect(bus.deadLetters()).toEqual([]);
  });

  it('follows the delays of the message where it has its own', async () => {
    const bus = given(
      () => {
        throw new Error('no');
      },
      { retryDelaysOf: ({ n }) => (n === 1 ? [] : [1 * SECOND]) },
    );
    bus.send(ordered, { n: 1 }, 'one');
    bus.send(ordered, { n: 2 }, 'two');
    await bus.settle();
    expect(bus.deadLetters().map(({ payload, attempts }) => `${payload} ${attempts}`)).toEqual(['{"n":1} 1', '{"n":2} 2']);
  });

  it('follows the delays of the actor where asking for those of the message fails', async () => {
    let handled = 0;
    const bus = given(() => void handled++, {
      retryDelaysOf: () => {
        throw new Error('no policy');
      },
    });
    bus.send(ordered, { n: 1 }, 'one');
    await bus.settle();
    expect(handled).toBe(1);
    expect(what(bus)).toEqual(['delivered', 'acked']);
  });
});

describe('before the dead letter', () => {
  it('what was begun is closed, and what that emits is stored first', async () => {
    const bus = given(
      () => {
        throw new TerminalError('GONE', 'no longer there');
      },
      {
        onDeadLetter: async ({ n }, failure, { conclude, attempt }) => {
          expect(failure).toEqual({ code: 'GONE', message: 'no longer there', attempts: 1 });
          expect(attempt).toBe(1);
          conclude(done, { n });
        },
      },
    );
    bus.send(ordered, { n: 1 }, 'one', { [HEADER.replyTo]: 'inbox.gateway' });
    await bus.settle();
    const stored = bus.history.flatMap((one) => (one.what === 'stored' || one.what === 'termed' ? [one.subject] : []));
    expect(stored).toEqual(['test.ordered.1', 'test.done.1', 'dead_letter.worker', 'test.ordered.1']);
    expect(bus.replies).toHaveLength(1);
    expect(bus.stored('DEAD_LETTERS')[0]?.headers).not.toHaveProperty(HEADER.replyTo);
  });

  it('a message whose closing fails is tried again rather than buried', async () => {
    let closings = 0;
    const bus = given(
      () => {
        throw new TerminalError('GONE');
      },
      {
        onDeadLetter: async () => {
          if (++closings === 1) throw new TemporaryError('STORE_UNAVAILABLE');
        },
      },
    );
    bus.send(ordered, { n: 1 }, 'one');
    await bus.settle();
    expect(closings).toBe(2);
    expect(bus.deadLetters()).toHaveLength(1);
  });
});

describe('a message that comes again without having been settled', () => {
  it.each([
    { spent: 0, deliveries: 2, becomes: { spent: 1, fromMs: 500, toMs: 2_000 } },
    // Given out again and again, it was begun once at most.
    { spent: 0, deliveries: 6, becomes: { spent: 1, fromMs: 500, toMs: 2_000 } },
    { spent: 1, deliveries: 2, becomes: { spent: 2, fromMs: 1_000, toMs: 4_000 } },
    { spent: 2, deliveries: 2, becomes: 'a dead letter' },
    { spent: 2, deliveries: 5, becomes: 'a dead letter' },
  ])('with $spent attempts spent, at delivery $deliveries', async ({ spent, deliveries, becomes }) => {
    for (const random of [0, 0.999_999]) {
      const scheduled: { spent: number; delayMs: number }[] = [];
      const buried: unknown[] = [];
      const ends: string[] = [];
      const worker = defineActor<Body>({
        name: 'worker',
        receives: ordered,
        retryDelaysMs: [1 * SECOND, 5 * SECOND],
        handle: () => expect.fail('nobody should handle it'),
      });
      const headers: Headers = { [HEADER.eventId]: 'one', [HEADER.attempt]: String(spent) };
      const delivery: Delivery = {
        stream: 'ACTIONS',
        subject: 'test.ordered.1',
        seq: 1,
        place: '1',
        deliveries,
        bytes: () => new TextEncoder().encode('{"n":1}'),
        json: () => ({ n: 1 }),
        header: (name) => headers[name],
        headers: () => headers,
        ack: () => void ends.push('acked'),
        nak: () => void ends.push('released'),
        term: () => void ends.push('termed'),
        working() {},
      };
      await attempt(worker, delivery, {
        transport: {
          publish: async ({ data }) => void buried.push(JSON.parse(data)),
          schedule: async (message, delayMs) => void scheduled.push({ spent: Number(message.headers[HEADER.attempt]), delayMs }),
          reply: () => expect.fail('nobody waits'),
        },
        observer: silentObserver,
        clock: { now: () => 0 },
        signal: new AbortController().signal,
        random: () => random,
      });
      if (typeof becomes === 'string') {
        expect({ scheduled, ends }).toEqual({ scheduled: [], ends: ['termed'] });
        expect(buried).toMatchObject([{ attempts: 3, error: { code: 'ATTEMPTS_EXHAUSTED' } }]);
      } else {
        expect({ buried, ends }).toEqual({ buried: [], ends: ['acked'] });
        expect(scheduled).toEqual([{ spent: becomes.spent, delayMs: random === 0 ? becomes.fromMs : becomes.toMs }]);
      }
    }
  });
});

describe('a process that stops', () => {
  it.each([
    ['fails for good', new TerminalError('GONE')],
    ['fails for now', new TemporaryError('BUSY')],
    ['fails somehow', new Error('aborted')],
  ])('gives back what %s meanwhile', async (_name, error) => {
    const bus = given((_message, _context, { stop }) => {
      stop('worker');
      throw error;
    });
    bus.send(ordered, { n: 1 }, 'one');
    await bus.settle();
    expect(what(bus)).toEqual(['delivered', 'released']);
    expect(bus.stored('DEAD_LETTERS')).toEqual([]);
    expect(bus.stored('ACTIONS')).toHaveLength(1);
  });

  it('acks what succeeds meanwhile', async () => {
    const bus = given((_message, { signal }, { stop }) => {
      stop('worker');
      expect(signal.aborted).toBe(true);
    });
    bus.send(ordered, { n: 1 }, 'one');
    await bus.settle();
    expect(what(bus)).toEqual(['delivered', 'acked']);
  });
});
