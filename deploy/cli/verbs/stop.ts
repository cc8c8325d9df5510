import type { Command } from 'commander';
import { isAlive, until } from '@techno/embedded';
import { SECOND } from '@techno/kernel';
import { homeDir } from '../../launcher/config.ts';
import { homeAt } from '../../launcher/home.ts';
import { claimant } from '../../launcher/claim.ts';
import { endLeftovers } from '../../launcher/process-record.ts';
import { type CommonFlags, examples, show, withCommonOptions } from '../verb.ts';

export function stopVerb(program: Command): void {
  const verb = withCommonOptions(program.command('stop'))
    .description('stop the stack of this folder, wherever it was started')
    .action(async (flags: CommonFlags) => {
      const home = homeAt(homeDir(flags.home));
      const launcher = claimant(home.lock);
      if (launcher !== undefined) {
        process.kill(launcher.pid, 'SIGTERM');
        // Its own promise is 10 s; what is then left is ended below.
        await until(() => !isAlive(launcher), { timeoutMs: 15 * SECOND, everyMs: 100 }).catch(() =>
          process.kill(launcher.pid, 'SIGKILL'),
        );
      }
      const leftovers = await endLeftovers(home.processes, 5 * SECOND);
      const stopped = launcher !== undefined || leftovers.length > 0;
      show(flags, { stopped, leftovers }, () => (stopped ? 'Stopped.' : `Nothing runs in ${home.dir}.`));
    });
  examples(verb, 'npx techno stop', 'TECHNO_HOME=/tmp/second npx techno stop');
}
