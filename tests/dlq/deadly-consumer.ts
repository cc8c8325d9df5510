import { defineActor, silentObserver } from '@techno/actor';
import { connectBus, createTransport, runActor } from '@techno/jetstream';
import { SECOND, systemClock } from '@techno/kernel';
import { deadlyMessage } from './deadly-message.ts';

// A consumer that a message can kill: in its handler, or (`on receipt`) before the runtime has even looked at it.
const [natsUrl = '', on = 'handling'] = process.argv.slice(2);
const die = () => process.exit(1);

const bus = await connectBus({ url: natsUrl, name: 'deadly-consumer' });
const consumer = defineActor({
  name: `deadly-${on}`,
  receives: deadlyMessage(on),
  concurrency: 8,
  leaseMs: 1 * SECOND,
  retryDelaysMs: on === 'handling' ? [100, 100, 100] : [],
  async handle({ action, context_id: behaviour }) {
    if (behaviour === 'deadly') die();
    process.stdout.write(`${action}\n`);
  },
});
const observer: typeof silentObserver = {
  ...silentObserver,
  begin(attempt) {
    // The deadly one is alone on its subject by then: a receipt is all it takes.
    if (on === 'receipt' && attempt.subject.endsWith('.deadly')) die();
    return silentObserver.begin(attempt);
  },
};
const never = new AbortController().signal;
await runActor(
  consumer,
  { bus, transport: createTransport(bus), observer, clock: systemClock, streamReplicas: 1, onProblem: () => {} },
  never,
  never,
);
