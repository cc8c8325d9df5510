import { parseArgs } from 'node:util';
import { MINUTE } from '@techno/kernel';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type How, HOWS, type OutageReport, problemsOf, runOutage, type Tried } from './outage-run.ts';

// Takes the WhatsApp stand-in of a running stack down, lets notifications wait, mends it and counts what came of them.

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    count: { type: 'string', default: '1000' },
    how: { type: 'string', default: 'cut' },
    home: { type: 'string', default: process.env['TECHNO_HOME'] ?? '.techno' },
  },
});
const how = HOWS.find((one) => one === values.how);
if (how === undefined) throw new Error(`--how is one of ${HOWS.join(', ')}`);

const stack = JSON.parse(await readFile(path.join(values.home, 'stack.json'), 'utf8')) as {
  gateway: string;
  apiKey: string;
  standIns: { url: string };
};
const report = await run(how);
const problems = problemsOf(report);
process.stdout.write(`${JSON.stringify({ ...report, problems }, null, 2)}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

function run(chosen: How): Promise<OutageReport> {
  return runOutage({
    gateway: stack.gateway,
    key: stack.apiKey,
    standIns: stack.standIns.url,
    count: Number(values.count),
    hold,
    how: chosen,
    // As the launcher sets it for the stand-ins.
    pace: { perSecond: 50, burst: 50 },
    onProgress: say,
  });
}

async function hold(look: () => Promise<Tried>): Promise<void> {
  const endMs = Date.now() + Number(values.minutes) * MINUTE;
  while (Date.now() < endMs) {
    await delay(Math.min(MINUTE, Math.max(0, endMs - Date.now())));
    say(JSON.stringify(await look()));
  }
}

function say(line: string): void {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`);
}
