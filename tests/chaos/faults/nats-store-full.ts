import { applyStreams, connectBus } from '@techno/jetstream';
import { MINUTE } from '@techno/kernel';
import type { Fault, FaultContext } from '../fault.ts';
import { heldBack } from './backlog.ts';

const KIB = 1024;

/** Changes the stream of actions as an operator may, for as long as the fault lasts. */
async function whileActionsAre(
  context: FaultContext,
  change: { max_bytes: number; discard: 'old' | 'new' },
  during?: (context: FaultContext) => Promise<void>,
): Promise<void> {
  const { nats } = await context.stack();
  const bus = await connectBus({ url: nats, name: 'chaos' });
  try {
    await bus.jsm.streams.update('ACTIONS', change);
    await during?.(context);
    await context.wait(context.holdMs);
    const { state } = await bus.jsm.streams.info('ACTIONS');
    context.note(`${state.messages} messages in ${Math.round(state.bytes / KIB)} KiB at its end`);
  } finally {
    await bus.close();
    await applyStreams(nats);
  }
}

export const natsStoreFull: Fault = {
  name: 'nats-store-full',
  title: 'the stream of actions is full and refuses what is published',
  recoversWithinMs: 1 * MINUTE,
  run: (context) => whileActionsAre(context, { max_bytes: 64 * KIB, discard: 'new' }),
};

export const natsStoreWraps: Fault = {
  name: 'nats-store-wraps',
  title: 'the stream of actions is full and drops what nobody has read yet',
  recoversWithinMs: 1 * MINUTE,
  standsOn: ['sweeper'],
  losesNews: true,
  // Less than what comes while nobody reads.
  run: (context) => whileActionsAre(context, { max_bytes: 8 * KIB, discard: 'old' }, heldBack),
};
