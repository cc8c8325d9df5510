import fc from 'fast-check';
import { HEADER } from '@techno/contracts';
import { SECOND, TemporaryError, TerminalError } from '@techno/kernel';
import { describe, expect, it } from 'vitest';
import { defineActor } from './actor.ts';
import { done, ordered } from './testing/orders.ts';
import { createInMemoryBus, type Faults, type InMemoryBus } from './in-memory-bus.ts';
import { maxAttempts } from './settle.ts';

/** What the handler does at each attempt at a message; past the end it succeeds. */
const deed = fc.constantFrom('ok', 'temporary', 'unknown', 'terminal', 'free', 'freeze', 'crash');
type Deed = 'ok' | 'temporary' | 'unknown' | 'terminal' | 'free' | 'freeze' | 'crash';

interface Script {
  readonly seed: number;
  readonly faults: Partial<Faults>;
  readonly duplicateWindowMs: number;
  readonly concurrency: number;
  readonly retries: number;
  readonly deeds: readonly Deed[][];
}

const LEASE_MS = 10 * SECOND;

/** Plays the script to its end and tells how often each message was handled. */
async function play({ seed, faults, duplicateWindowMs, concurrency, retries, deeds }: Script) {
  const bus = createInMemoryBus({ seed, faults, duplicateWindowMs });
  const handled = deeds.map(() => 0);
  const finished = deeds.map(() => 0);
  const retryDelaysMs = Array.from({ length: retries }, (_, index) => (index + 1) * SECOND);
  bus.run(
    defineActor<{ n: number }>({
      name: 'worker',
      receives: ordered,
      concurrency,
      leaseMs: LEASE_MS,
      retryDelaysMs,
      async handle({ n }, { publish }) {
        const nth = (handled[n] = (handled[n] ?? 0) + 1);
        publish(done, { n });
        await bus.sleep(bus.random() * 100);
        switch (deeds[n]?.[nth - 1]) {
          case 'temporary':
            throw new TemporaryError('BUSY', 'busy', { retryAfterMs: 500 });
          case 'unknown':
            throw new Error('what');
          case 'terminal':
            throw new TerminalError('GONE');
          case 'free':
            throw new TemporaryError('AWAY', 'away', { spendsAttempt: false });
          case 'freeze':
            await bus.sleep(2.5 * LEASE_MS);
            break;
          case 'crash':
            return bus.crash('worker');
          case 'ok':
          case undefined:
            break;
        }
        finished[n] = (finished[n] ?? 0) + 1;
      },
    }),
  );
  deeds.forEach((_, n) => bus.send(ordered, { n }, `order-${n}`));
  await bus.settle();
  return { bus, handled, finished, max: maxAttempts(retryDelaysMs) };
}

const letters = (bus: InMemoryBus, n: number) =>
  bus.deadLetters().filter(({ headers }) => headers[HEADER.eventId] === `order-${n}`);
const dones = (bus: InMemoryBus, n: number) => bus.stored('ACTIONS').filter(({ subject }) => subject === `test.done.${n}`);
/** `given-up` is an end too: the server says so in an advisory, which a stream keeps. */
const ENDS = ['acked', 'termed', 'given-up'];
const endedSeqs = (bus: InMemoryBus) =>
  new Set(bus.history.flatMap(({ what, seq, stream }) => (stream === 'ACTIONS' && ENDS.includes(what) ? [seq] : [])));
const givenUp = (bus: InMemoryBus) => bus.history.flatMap(({ what, id }) => (what === 'given-up' ? [id] : []));
const forWorker = (bus: InMemoryBus) => bus.stored('ACTIONS').filter(({ subject }) => !subject.startsWith('test.done'));

function script(faults: fc.Arbitrary<Partial<Faults>>, deeds: fc.Arbitrary<Deed> = deed): fc.Arbitrary<Script> {
  return fc.record({
    seed: fc.integer(),
    faults,
    duplicateWindowMs: fc.constant(Number.POSITIVE_INFINITY),
    concurrency: fc.integer({ min: 1, max: 4 }),
    retries: fc.integer({ min: 0, max: 4 }),
    deeds: fc.array(fc.array(deeds, { maxLength: 6 }), { minLength: 1, maxLength: 8 }),
  });
}

const likely = fc.constantFrom(0, 0.05, 0.2);
const anyFault = fc.record({
  publishRefused: likely,
  pubAckLost: likely,
  publishRepeated: likely,
  ackLost: likely,
  ackLate: likely,
  reordered: fc.constantFrom(0, 0.5),
});

describe('without faults of the bus', () => {
  it('every message ends acked or in the dead letters, once, by the rules of settlement', async () => {
    const tame = deed.filter((one) => one !== 'crash' && one !== 'freeze');
    await fc.assert(
      fc.asyncProperty(script(fc.record({ reordered: fc.constantFrom(0, 0.5) }), tame), async (script) => {
        const { bus, handled, finished, max } = await play(script);
        script.deeds.forEach((deeds, n) => {
          let spent = 0;
          let at = 0;
          let buried = false;
          for (; ; at++) {
            const one = deeds[at] ?? 'ok';
            if (one === 'ok') break;
            if (one === 'free') continue;
            spent++;
            buried = one === 'terminal' || spent === max;
            if (buried) break;
          }
          expect(handled[n]).toBe(at + 1);
          expect(finished[n]).toBe(buried ? 0 : 1);
          expect(letters(bus, n).map(({ attempts }) => attempts)).toEqual(buried ? [spent] : []);
          expect(dones(bus, n)).toHaveLength(buried ? 0 : 1);
        });
      }),
      { numRuns: 60 },
    );
  });
});

describe('with every fault of the bus, of the process and of the handler', () => {
  it('ends everything: done at least once, or in the dead letters', async () => {
    await fc.assert(
      fc.asyncProperty(script(anyFault), async (script) => {
        const { bus } = await play(script);
        const ended = endedSeqs(bus);
        for (const { seq } of forWorker(bus)) expect(ended).toContain(seq);
        for (const n of script.deeds.keys()) {
          if (givenUp(bus).includes(`order-${n}`)) continue;
          expect(dones(bus, n).length + letters(bus, n).length).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('stores the consequences once and the dead letter once while ids are remembered', async () => {
    await fc.assert(
      fc.asyncProperty(script(anyFault), async (script) => {
        const { bus } = await play(script);
        script.deeds.forEach((_, n) => {
          expect(dones(bus, n).length).toBeLessThanOrEqual(1);
          expect(letters(bus, n).length).toBeLessThanOrEqual(1);
        });
      }),
      { numRuns: 100 },
    );
  });

  it('repeats them under the same ids when ids are forgotten', async () => {
    await fc.assert(
      fc.asyncProperty(script(anyFault), async (script) => {
        const { bus } = await play({ ...script, duplicateWindowMs: 2 * SECOND });
        const ended = endedSeqs(bus);
        for (const { seq } of forWorker(bus)) expect(ended).toContain(seq);
        for (const n of script.deeds.keys()) {
          expect(new Set(dones(bus, n).map(({ id }) => id)).size).toBeLessThanOrEqual(1);
          const buried = bus.stored('DEAD_LETTERS').filter(({ id }) => id?.startsWith(`order-${n}.`));
          expect(new Set(buried.map(({ id }) => id)).size).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('acks nothing whose consequences are not stored', async () => {
    await fc.assert(
      fc.asyncProperty(script(anyFault), async (script) => {
        const { bus } = await play(script);
        const stored = new Set<string>();
        for (const { what, subject, id } of bus.history) {
          if (what === 'stored') stored.add(subject ?? '');
          if (what !== 'acked' || !subject?.startsWith('test.ordered.')) continue;
          const n = subject.slice('test.ordered.'.length);
          // Acked: either done, or waiting for its next attempt, which is kept by the bus and comes in time.
          const goesOn = bus.stored('ACTIONS').some((one) => one.headers[HEADER.eventId] === id && one.headers[HEADER.attempt]);
          expect(stored.has(`test.done.${n}`) || goesOn).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('attempts', () => {
  it('never exceed the policy, whatever the handler does and however often the process dies', async () => {
    const withCrashes = fc.record({ publishRepeated: likely, reordered: likely });
    const paid = deed.filter((one) => one !== 'free' && one !== 'freeze');
    await fc.assert(
      fc.asyncProperty(script(withCrashes, paid), async (script) => {
        const { bus, handled, max } = await play(script);
        expect(givenUp(bus)).toEqual([]);
        for (const count of handled) expect(count).toBeLessThanOrEqual(max);
        for (const { attempts } of bus.deadLetters()) expect(attempts).toBeLessThanOrEqual(max);
      }),
      { numRuns: 150 },
    );
  });

  it('do not multiply when acks are lost: what waits for its retry waits once', async () => {
    const failing = fc.constant<Deed>('temporary');
    await fc.assert(
      fc.asyncProperty(script(fc.record({ ackLost: fc.constantFrom(0.3, 0.6) }), failing), async (script) => {
        const { bus } = await play(script);
        for (const n of script.deeds.keys()) {
          const retries = bus.stored('ACTIONS').filter(({ headers, subject }) => {
            return subject.startsWith('retry.') && headers[HEADER.eventId] === `order-${n}`;
          });
          expect(retries.length).toBeLessThanOrEqual(script.retries);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('a message that kills the process every time', () => {
  it('is buried after its attempts, and its neighbours are done', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 1, max: 20 }),
        async (seed, poison, concurrency) => {
          const deeds = Array.from({ length: 10 }, (_, n): Deed[] =>
            n === poison ? Array.from({ length: 50 }, () => 'crash') : [],
          );
          const { bus, handled } = await play({
            seed,
            faults: {},
            duplicateWindowMs: 60 * SECOND,
            concurrency,
            retries: 4,
            deeds,
          });
          expect(bus.deadLetters().map(({ error, attempts, payload }) => `${error.code} ${attempts} ${payload}`)).toEqual([
            `ATTEMPTS_EXHAUSTED 5 {"n":${poison}}`,
          ]);
          expect(handled[poison]).toBe(5);
          for (const n of deeds.keys()) if (n !== poison) expect(dones(bus, n)).toHaveLength(1);
        },
      ),
      { numRuns: 60 },
    );
  });
});

it('the same seed gives the same run', async () => {
  await fc.assert(
    fc.asyncProperty(script(anyFault), async (script) => {
      const [one, other] = [await play(script), await play(script)];
      expect(other.bus.history).toEqual(one.bus.history);
    }),
    { numRuns: 20 },
  );
});
