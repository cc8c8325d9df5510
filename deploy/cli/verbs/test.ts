import { spawn } from 'node:child_process';
import path from 'node:path';
import type { Command } from 'commander';
import { ROOT } from '../../launcher/config.ts';
import { EXIT } from '../exit-codes.ts';
import { examples } from '../verb.ts';

export function testVerb(program: Command): void {
  const verb = program
    .command('test')
    .description('run all tests, unit and integration, against a real nats-server and PostgreSQL')
    .argument('[vitest...]', 'files and options passed on to vitest')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (passedOn: string[]) => {
      process.exitCode = await runVitest(passedOn);
    });
  examples(verb, 'npm test', 'npx techno test libs/actor', 'npx techno test --project unit');
}

function runVitest(args: readonly string[]): Promise<number> {
  const vitest = path.join(ROOT, 'node_modules/vitest/vitest.mjs');
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [vitest, 'run', ...args], { cwd: ROOT, stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
    child.on('exit', (code) => resolve(code ?? EXIT.failed));
  });
}
