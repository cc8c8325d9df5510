import { connectBus } from '@techno/jetstream';
import { SECOND } from '@techno/kernel';
import type { Fault } from '../fault.ts';

/** Every subject whose repetition could do something twice. */
const REPEATED = /^action\.(requested|allowed|completed|failed|denied)\b/;
const TIMES = 2;

export const duplicatePublish: Fault = {
  name: 'duplicate-publish',
  title: 'every message of the last seconds published again, twice, under no id that JetStream knows',
  standsOn: ['fence'],
  recoversWithinMs: 30 * SECOND,
  async run(context) {
    const bus = await connectBus({ url: (await context.stack()).nats, name: 'chaos' });
    let repeated = 0;
    try {
      const first = (await bus.jsm.streams.info('ACTIONS')).state.last_seq;
      await context.wait(Math.min(context.holdMs, 3 * SECOND));
      const last = (await bus.jsm.streams.info('ACTIONS')).state.last_seq;
      for (let seq = first; seq <= last; seq++) {
        const message = await bus.jsm.streams.getMessage('ACTIONS', { seq });
        if (message === null || !REPEATED.test(message.subject)) continue;
        message.header.delete('Nats-Msg-Id');
        for (let copy = 1; copy <= TIMES; copy++) bus.nc.publish(message.subject, message.data, { headers: message.header });
        repeated += TIMES;
      }
      await bus.nc.flush();
    } finally {
      await bus.close();
    }
    context.note(`${repeated} copies`);
    if (repeated === 0) context.broken('nothing was repeated');
  },
};
