import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { SECOND } from '@techno/kernel';
import { homeDir } from '../../launcher/config.ts';
import { homeAt } from '../../launcher/home.ts';
import { readStack } from '../../launcher/stack-file.ts';
import { runningStack } from '../config.ts';
import { printJson, printLine } from '../print.ts';
import { type CommonFlags, examples, withCommonOptions } from '../verb.ts';

/** How often it looks whether processes were added or have moved to other ports. */
const LOOK_MS = 5 * SECOND;

export function monitorVerb(program: Command): void {
  const verb = withCommonOptions(program.command('monitor'))
    .description('Prometheus and Alertmanager beside the running stack, until Ctrl-C')
    .addHelpText(
      'after',
      `\nUses this machine's own programs (Debian: prometheus, prometheus-alertmanager), on free ports. Alerts come back into the
gateway and become notifications. What was measured is gone with it.`,
    )
    .action(async (flags: CommonFlags) => {
      const stopping = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
      const { startMonitoring } = await import('../../monitoring/start-monitoring.ts');
      const monitoring = await startMonitoring(runningStack(flags), stopping.signal);
      const { prometheusUrl, alertmanagerUrl } = monitoring;
      if (flags.json) printJson({ prometheusUrl, alertmanagerUrl });
      else
        printLine(
          `Prometheus    ${prometheusUrl}   (targets, rules and alerts; Debian's: ${prometheusUrl}/classic/alerts)
Alertmanager  ${alertmanagerUrl}   (Debian's has no page: amtool --alertmanager.url=${alertmanagerUrl} alert query)

Ctrl-C stops both.`,
        );
      const { stack: file } = homeAt(homeDir(flags.home));
      while (!stopping.signal.aborted) {
        await delay(LOOK_MS, undefined, { signal: stopping.signal }).catch(() => {});
        const stack = readStack(file);
        // While the stack is away its targets stay what they were: they are down, not unknown.
        if (stack !== undefined) monitoring.follow(stack);
      }
      await monitoring.stopped;
    });
  examples(verb, 'npx techno monitor', 'npx techno monitor --json');
}
