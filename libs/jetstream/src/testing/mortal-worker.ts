import { batchableOrders, createRig, orders, worker } from './rig.ts';

/**
 * A process with one actor, to be killed: `node mortal-worker.ts <nats url> <kind> <deadly n> <hang|exit> [batchable]`. It says on
 * standard output what it begins; at the deadly order it hangs (and is killed from outside) or ends itself.
 */
const [url = '', kind = '', deadly = '', how = '', batchable = ''] = process.argv.slice(2);
const rig = await createRig(url, 'mortal-worker');
rig.run(
  worker(batchable ? batchableOrders(kind) : orders(kind), {
    // As many attempts as in production: a neighbour may be in hand at one death, and at the next, but hardly at every one.
    retryDelaysMs: [200, 200, 200],
    async handle({ n }, { attempt }) {
      process.stdout.write(`${JSON.stringify({ n, attempt })}\n`);
      if (String(n) !== deadly) return;
      if (how === 'exit') process.exit(7);
      await new Promise((resolve) => setTimeout(resolve, 3_600_000));
    },
  }),
);
