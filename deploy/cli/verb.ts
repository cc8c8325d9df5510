import type { Command } from 'commander';
import { gatewayClient, type GatewayClient } from '../launcher/gateway-client.ts';
import { target, type TargetFlags } from './config.ts';
import { printJson, printLine } from './print.ts';

export interface CommonFlags extends TargetFlags {
  readonly json?: boolean;
}

/** `--json` and `--home`, which every verb has. */
export function withCommonOptions(command: Command): Command {
  return command.option('--json', 'print JSON').option('--home <dir>', 'folder of the stack (TECHNO_HOME)');
}

/** Also `--url` and `--key`, for the verbs that talk to a gateway. */
export function withTargetOptions(command: Command): Command {
  return withCommonOptions(command)
    .option('--url <url>', 'gateway to talk to (TECHNO_URL; default: the running stack)')
    .option('--key <key>', 'API key (TECHNO_API_KEY; default: a key of the running stack)');
}

export function examples(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`);
}

export function client(flags: CommonFlags, role: 'admin' | 'developer'): GatewayClient {
  const { url, key } = target(flags, role);
  return gatewayClient(url, key);
}

/** The answer as JSON, or as `text` renders it for people. */
export function show<T>(flags: CommonFlags, value: T, text: (value: T) => string): void {
  if (flags.json === true) printJson(value);
  else printLine(text(value));
}
