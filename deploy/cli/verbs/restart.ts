import type { Command } from 'commander';
import { rollingRestart } from '../../launcher/rolling-restart.ts';
import { commaList } from '../arguments.ts';
import { runningStack } from '../config.ts';
import { table } from '../print.ts';
import { type CommonFlags, examples, show, withCommonOptions } from '../verb.ts';

interface RestartFlags extends CommonFlags {
  readonly service?: string[];
}

export function restartVerb(program: Command): void {
  const verb = withCommonOptions(program.command('restart'))
    .description('restart the services one process after the other, each when the one before is ready again; nothing is lost')
    .option('--service <list>', 'only these, such as gate-engine,executor', commaList)
    .action(async (flags: RestartFlags) => {
      const progress = (text: string) => void process.stderr.write(text);
      const restarted = await rollingRestart(async () => runningStack(flags), {
        services: flags.service,
        onBegin: ({ id }) => progress(`Restarting ${id} …`),
        onRestarted: ({ seconds }) => progress(` ready after ${seconds.toFixed(1)} s\n`),
      });
      show(flags, { restarted }, () =>
        table(
          restarted.map(({ id, pids, seconds }) => ({ ...pids, id, seconds: seconds.toFixed(1) })),
          ['id', 'before', 'after', 'seconds'],
        ),
      );
    });
  examples(verb, 'npx techno restart', 'npx techno restart --service gate-engine', 'npx techno restart --json');
}
