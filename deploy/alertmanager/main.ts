// Writes alertmanager.yml for one installation to standard output: deploy/alertmanager/alertmanager.yml with its own addresses
// and receivers. Options name files that hold secrets, never secrets.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { configured } from './settings.ts';

interface Flags {
  readonly gatewayUrl?: string;
  readonly gatewayTokenFile?: string;
  readonly slackUrlFile?: string;
  readonly slackChannel?: string;
  readonly pagerdutyKeyFile?: string;
}

const file = (value: string): string => {
  if (path.isAbsolute(value)) return value;
  throw new InvalidArgumentError('an absolute path, as Alertmanager will see it');
};

const program = new Command('alertmanager')
  .description('alertmanager.yml with the receivers of one installation')
  .option('--gateway-url <url>', "of the gateway's webhook source for alerts; default: Compose's")
  .option('--gateway-token-file <file>', 'holds the bearer token of that source', file)
  .option('--slack-url-file <file>', "holds the address of Slack's incoming webhook; with --slack-channel", file)
  .option('--slack-channel <channel>', 'such as #alerts')
  .option('--pagerduty-key-file <file>', 'holds the integration key of PagerDuty (Events API v2)', file)
  .parse();

const { gatewayUrl, gatewayTokenFile, slackUrlFile, slackChannel, pagerdutyKeyFile } = program.opts<Flags>();
if ((slackUrlFile === undefined) !== (slackChannel === undefined))
  program.error('--slack-url-file and --slack-channel go together');

process.stdout.write(
  configured(readFileSync(path.join(import.meta.dirname, 'alertmanager.yml'), 'utf8'), {
    gatewayUrl,
    gatewayTokenFile,
    slack:
      slackUrlFile !== undefined && slackChannel !== undefined ? { urlFile: slackUrlFile, channel: slackChannel } : undefined,
    pagerduty: pagerdutyKeyFile === undefined ? undefined : { keyFile: pagerdutyKeyFile },
  }),
);
