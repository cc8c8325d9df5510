import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { StartupError } from '@techno/kernel';
import { homeDir } from '../../launcher/config.ts';
import { homeAt, logFile } from '../../launcher/home.ts';
import { printLine } from '../print.ts';
import { type CommonFlags, examples, show, withCommonOptions } from '../verb.ts';

/** How much of the end is shown without --all. */
const TAIL_BYTES = 16 * 1024;

export function logsVerb(program: Command): void {
  const verb = withCommonOptions(program.command('logs'))
    .description("print the end of a process's log, or list the logs")
    .argument('[name]', 'a service, `nats` or `postgres`')
    .option('-f, --follow', 'go on with what is written from now on')
    .option('-a, --all', 'from its beginning')
    .action(async (name: string | undefined, flags: CommonFlags & { follow?: boolean; all?: boolean }) => {
      const home = homeAt(homeDir(flags.home));
      const names = existsSync(home.logs) ? readdirSync(home.logs).filter((file) => file.endsWith('.log')) : [];
      const known = names.map((file) => file.slice(0, -'.log'.length));
      if (name === undefined) {
        show(flags, known, (list) => list.join('\n'));
        return;
      }
      if (!known.includes(name)) {
        throw new StartupError(
          'LOG_UNKNOWN',
          `there is no log of '${name}' in ${home.logs}`,
          `Known are: ${known.join(', ') || 'none yet'}.`,
        );
      }
      const file = logFile(home, name);
      const { size } = statSync(file);
      await print(file, flags.all ? 0 : Math.max(0, size - TAIL_BYTES), !flags.all && size > TAIL_BYTES);
      if (flags.follow) await follow(file, size);
    });
  examples(verb, 'npx techno logs', 'npx techno logs executor --follow', 'npx techno logs gateway --all | grep tr_0123');
}

async function print(file: string, start: number, cut: boolean): Promise<void> {
  let text = '';
  for await (const chunk of createReadStream(file, { start, encoding: 'utf8' })) text += chunk as string;
  // The first line is most likely half of one.
  const whole = cut ? text.slice(text.indexOf('\n') + 1) : text;
  if (whole !== '') printLine(whole.trimEnd());
}

async function follow(file: string, from: number): Promise<void> {
  let position = from;
  const copyNew = async () => {
    const { size } = statSync(file);
    // Rotated: it begins anew.
    if (size < position) position = 0;
    if (size === position) return;
    await pipeline(createReadStream(file, { start: position, end: size - 1 }), process.stdout, { end: false });
    position = size;
  };
  const changes = watch(file);
  await copyNew();
  for await (const _change of changes) await copyNew();
}
