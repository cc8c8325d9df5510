import { closedLoop } from './closed-loop.ts';
import type { Load } from './load.ts';
import { openLoop } from './open-loop.ts';

// The load generator, in a process of its own: runs what it is sent, one after the other, and sends back what came of it.
process.on('message', (load: Load) => {
  void (async () => {
    process.send?.(await (load.kind === 'closed' ? closedLoop(load) : openLoop(load)));
  })();
});
process.on('disconnect', () => process.exit(0));
