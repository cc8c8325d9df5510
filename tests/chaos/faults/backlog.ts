import { connectBus } from '@techno/jetstream';
import { SECOND } from '@techno/kernel';
import type { FaultContext } from '../fault.ts';

const HELD_MS = 2 * SECOND;

/**
 * Nobody is given what is asked for, for two seconds: it piles up in the stream of actions. Without that a quick machine has next
 * to nothing there to lose at any moment.
 */
export async function heldBack(context: FaultContext): Promise<void> {
  const { nats } = await context.stack();
  const bus = await connectBus({ url: nats, name: 'chaos' });
  try {
    await bus.jsm.consumers.pause('ACTIONS', 'decide-action', new Date(Date.now() + HELD_MS));
    await context.wait(HELD_MS * 0.75);
  } finally {
    await bus.close();
  }
}
