import type { Command } from 'commander';
import { launcherConfig, type StartFlags } from '../../launcher/config.ts';
import { progressOn } from '../../launcher/progress.ts';
import { start } from '../../launcher/start.ts';
import { summary } from '../../launcher/summary.ts';
import { printJson, printLine } from '../print.ts';
import { type CommonFlags, examples, withCommonOptions } from '../verb.ts';

export function startVerb(program: Command): void {
  const verb = withCommonOptions(program.command('start'))
    .description('start everything on this machine and keep it running until Ctrl-C')
    .option('--port <port>', 'port of the gateway (TECHNO_HTTP_PORT, 8080)')
    .option('--nats-port <port>', 'port of nats-server (TECHNO_NATS_PORT, 4222)')
    .option('--nats-monitor-port <port>', 'port of its monitoring (TECHNO_NATS_MONITOR_PORT, 8222)')
    .option('--postgres-port <port>', 'port of PostgreSQL (TECHNO_POSTGRES_PORT, 54320)')
    .option('--ops-port <port>', 'first port of the operations endpoints (TECHNO_OPS_PORT, 9101)')
    .option('--replicas <list>', 'processes for each service (TECHNO_REPLICAS), such as gate-engine=3,executor=2')
    .addHelpText(
      'after',
      `\nA port that is taken is replaced by the next free one. NATS_URL names a NATS to use instead of starting one.
Services get the TECHNO_* variables of this shell; LLM_BASE_URL, LLM_API_KEY, LLM_MODEL, TECHNO_SECRET_* and
TECHNO_EGRESS_ALLOW go to the executor alone.`,
    )
    .action(async (flags: CommonFlags & StartFlags) => {
      const config = launcherConfig(flags);
      // With --json stdout is the answer, and the progress goes beside it.
      await start(config, progressOn(flags.json ? process.stderr : process.stdout), (stack) => {
        if (flags.json) printJson(stack);
        else printLine(summary(stack, config.home));
      });
    });
  examples(
    verb,
    'npm start',
    'npx techno start --port 9000',
    'npx techno start --replicas gate-engine=3,executor=2',
    'TECHNO_HOME=/tmp/second npx techno start',
  );
}
