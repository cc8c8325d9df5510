import { existsSync, readdirSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import type { Command } from 'commander';
import { removeCluster } from '@techno/embedded';
import { SECOND, StartupError } from '@techno/kernel';
import { homeDir } from '../../launcher/config.ts';
import { homeAt, ownedEntries } from '../../launcher/home.ts';
import { claimant } from '../../launcher/claim.ts';
import { endLeftovers } from '../../launcher/process-record.ts';
import { type CommonFlags, examples, show, withCommonOptions } from '../verb.ts';

export function resetVerb(program: Command): void {
  const verb = withCommonOptions(program.command('reset'))
    .description('remove all data of the stack: the next start begins anew')
    .action(async (flags: CommonFlags) => {
      const home = homeAt(homeDir(flags.home));
      const launcher = claimant(home.lock);
      if (launcher !== undefined) {
        throw new StartupError(
          'STILL_RUNNING',
          `the stack of ${home.dir} runs (launcher pid ${launcher.pid})`,
          `Stop it first: npx techno stop`,
        );
      }
      const existed = existsSync(home.dir);
      if (existed) {
        await endLeftovers(home.processes, 5 * SECOND);
        await removeCluster(home.postgres);
        for (const entry of ownedEntries(home)) await rm(entry, { recursive: true, force: true });
        // Somebody else's files are not ours to remove.
        if (readdirSync(home.dir).length === 0) await rmdir(home.dir);
      }
      show(flags, { removed: existed, home: home.dir }, () =>
        existed ? `Removed the data in ${home.dir}.` : `There is no data in ${home.dir}.`,
      );
    });
  examples(verb, 'npm run reset', 'TECHNO_HOME=/tmp/second npx techno reset');
}
