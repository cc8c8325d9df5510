import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

const MODULE = path.join(import.meta.dirname, 'timer-slack.ts');

/** In a process of its own, for the tests run in threads. Prints the slack of a child and of itself, then the same after a start that failed. */
const STARTER = `
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { withTimerSlack } from ${JSON.stringify(MODULE)};
const slack = '/proc/self/timerslack_ns';
const child = () => execFileSync('cat', [slack], { encoding: 'utf8' });
const own = () => readFileSync(slack, 'utf8');
const seen = [child(), withTimerSlack(1_000_000, child), child(), own()];
try {
  withTimerSlack(1_000_000, () => execFileSync('/does-not-exist'));
} catch (error) {
  seen.push(error.code, own());
}
console.log(JSON.stringify(seen.map((text) => text.trim())));
`;

test.runIf(process.platform === 'linux')(
  'what is started within has the slack, and nothing before, after or where the start fails',
  () => {
    const output = execFileSync(process.execPath, ['--input-type=module-typescript', '-e', STARTER], { encoding: 'utf8' });
    const [usual, changed, after, own, code, ownAfterFailure] = JSON.parse(output) as string[];
    expect(changed).toBe('1000000');
    expect(usual).not.toBe(changed);
    expect([after, own, ownAfterFailure]).toEqual([usual, usual, usual]);
    expect(code).toBe('ENOENT');
  },
);
