import {
  type Actor,
  type ActorSpec,
  type BatchActor,
  defineActor,
  envelope,
  silentObserver,
  type Transport,
} from '@techno/actor';
import { type DeadLetter, deadLettered, defineMessage, type MessageContract, type StreamName } from '@techno/contracts';
import { SECOND, systemClock } from '@techno/kernel';
import { z } from 'zod';
import { type Bus, connectBus } from '../bus.ts';
import { runActor, type RunActorDeps } from '../run-actor.ts';
import { runBatchActor } from '../run-batch-actor.ts';
import { ensureStreams } from '../topology.ts';
import { createTransport } from '../transport.ts';

/** An order of one kind: as little as an actor needs. Each test takes a kind of its own, so that they share a server. */
export interface Order {
  readonly n: number;
}
export function orders(kind: string): MessageContract<Order> {
  return defineMessage<Order>({
    type: `test.${kind}`,
    stream: 'ACTIONS',
    pattern: `action.test.${kind}.>`,
    subject: ({ n }) => `action.test.${kind}.${n}`,
    owners: ['gateway'],
    schema: z.object({ n: z.number().int() }),
  });
}

/** Orders that are stored together where they are sent together: all to one subject. */
export function batchableOrders(kind: string): MessageContract<Order> {
  const subject = `action.test.${kind}`;
  return { ...orders(kind), pattern: subject, subject: () => subject, batchable: true };
}

export interface Rig {
  readonly bus: Bus;
  readonly transport: Transport;
  readonly deps: RunActorDeps;
  /** What the runtime complained about. */
  readonly problems: string[];
  send(contract: MessageContract<Order>, n: number, id?: string): Promise<void>;
  /** Runs until `stop`, which resolves when what was in flight is settled; `abort` is the end of the grace period. */
  run(actor: Actor<Order>): Running;
  runBatch(actor: BatchActor): Running;
  deadLetters(actor: string): Promise<DeadLetter[]>;
  pendingAcks(stream: StreamName, consumer: string): Promise<number>;
  close(): Promise<void>;
}
export interface Running {
  stop(): Promise<void>;
  abort(): void;
}

export async function createRig(url: string, name = 'test'): Promise<Rig> {
  const bus = await connectBus({ url, name });
  await ensureStreams(bus);
  const transport = createTransport(bus);
  const problems: string[] = [];
  const deps: RunActorDeps = {
    bus,
    transport,
    observer: silentObserver,
    clock: systemClock,
    streamReplicas: 1,
    onProblem: ({ problem }) => void problems.push(problem),
  };
  const running: Running[] = [];
  const live = (run: (signal: AbortSignal, abort: AbortSignal) => Promise<void>): Running => {
    const [stop, abort] = [new AbortController(), new AbortController()];
    const ended = run(stop.signal, abort.signal);
    const one: Running = {
      stop() {
        stop.abort();
        return ended;
      },
      abort: () => abort.abort(),
    };
    running.push(one);
    return one;
  };
  return {
    bus,
    transport,
    deps,
    problems,
    send: (contract, n, id = `order-${contract.type}-${n}`) =>
      transport.publish({ ...envelope(contract, { n }, { causeId: id, source: 'test', traceparent: '', now: '' }), id }),
    run: (actor) => live((signal, abort) => runActor(actor, deps, signal, abort)),
    runBatch: (actor) => live((signal) => runBatchActor(actor, deps, signal)),
    async deadLetters(actor) {
      const letters: DeadLetter[] = [];
      const { state } = await bus.jsm.streams.info('DEAD_LETTERS');
      for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq++) {
        const message = await bus.jsm.streams.getMessage('DEAD_LETTERS', { seq });
        if (message?.subject === `dead_letter.${actor}`) letters.push(deadLettered.schema.parse(message.json()));
      }
      return letters;
    },
    pendingAcks: async (stream, consumer) => (await bus.jsm.consumers.info(stream, consumer)).num_ack_pending,
    async close() {
      for (const one of running) one.abort();
      await Promise.all(running.map((one) => one.stop()));
      await bus.close();
    },
  };
}

/** An actor of a kind of orders, named after it. */
export function worker(
  contract: MessageContract<Order>,
  spec: Pick<ActorSpec<Order>, 'handle'> & Partial<ActorSpec<Order>>,
): Actor<Order> {
  return defineActor<Order>({
    name: contract.type.replace('test.', ''),
    receives: contract,
    leaseMs: 1 * SECOND,
    retryDelaysMs: [300, 600],
    ...spec,
  });
}
