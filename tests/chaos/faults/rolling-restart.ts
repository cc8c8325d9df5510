import { MINUTE } from '@techno/kernel';
import { rollingRestart } from '../../../deploy/launcher/rolling-restart.ts';
import type { Fault } from '../fault.ts';

export const rolling: Fault = {
  name: 'rolling-restart',
  title: 'SIGTERM to every process in turn, the next when the one before is ready again',
  recoversWithinMs: 1 * MINUTE,
  async run(context) {
    const restarted = await rollingRestart(() => context.stack(), {});
    context.note(`${restarted.length} processes restarted, one at a time`);
  },
};
