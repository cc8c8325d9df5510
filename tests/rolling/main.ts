import { parseArgs } from 'node:util';
import { errorMessage, SECOND } from '@techno/kernel';
import { table } from '../../bench/report/table.ts';
import { makeGround } from '../chaos/ground/ground.ts';
import { complaints } from '../chaos/report/chaos-table.ts';
import { type FaultResult, runFault } from '../chaos/run-fault.ts';
import { rollingRestartOf } from './restart.ts';

const HELP = `npm run rolling [-- options]

Restarts the processes of a running system one by one under load (npx techno restart), and reads back every accepted id:
nothing may be lost or doubled. Exit code 1 when something was.

  --service a,b     a rolling restart of these services; may be given again. Default: gate-engine, then executor, then everything
  --replicas LIST   default gate-engine=3,executor=2
  --rate 60         requests a second, of seven kinds
  --json            the results as JSON on stdout; progress and table go to stderr
  --help`;

/** Everything accepted has ended by then: the retries of an effect, and what the sweeper waits. */
const ENDS_WITHIN_MS = 60 * SECOND;
const SWEEP_AFTER_MS = 5 * SECOND;

const say = (text: string) => void process.stderr.write(`${text}\n`);

interface Row extends FaultResult {
  readonly restarted: readonly { readonly id: string; readonly seconds: number }[];
}

function rollingTable(rows: readonly Row[]): string {
  return table(
    [
      'restarted',
      'processes',
      'accepted',
      'completed',
      'lost',
      'doubled',
      'errors seen by callers',
      'seconds each',
      'in all',
      '',
    ],
    rows.map(({ fault, account, restarted, answers, broken }) => {
      const seconds = restarted.map((one) => one.seconds);
      return [
        fault,
        String(restarted.length),
        ...[account.accepted, account.completed, account.lost.length, account.doubled.length].map(String),
        errorsIn(answers),
        seconds.length === 0 ? '–' : `${Math.min(...seconds).toFixed(1)}–${Math.max(...seconds).toFixed(1)}`,
        `${seconds.reduce((sum, one) => sum + one, 0).toFixed(1)} s`,
        broken.length === 0 ? 'kept' : 'BROKEN',
      ];
    }),
  );
}

/** Answers other than "taken" and "not allowed", by their status; 0 is a connection that broke or was refused. */
function errorsIn(answers: FaultResult['answers']): string {
  const bad = answers.filter(({ status }) => !(status >= 200 && status < 300) && status !== 403);
  const kinds = Map.groupBy(bad, ({ status }) => (status === 0 ? 'no connection' : `HTTP ${status}`));
  return [...kinds].map(([kind, list]) => `${list.length} × ${kind}`).join(', ') || '0';
}

function show(rows: readonly Row[], json: boolean): void {
  const out = json ? process.stderr : process.stdout;
  out.write(`\n${[rollingTable(rows), ...complaints(rows)].join('\n')}\n`);
  if (!json) return;
  const told = rows.map(({ answers: _, suspects: __, ...rest }) => rest);
  process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
}

async function rolling(services: readonly (readonly string[] | undefined)[], perSecond: number, replicas: string, json: boolean) {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(`ended by ${signal}`)));
  say(`Starting a stack (${replicas})`);
  const ground = await makeGround('plain', { replicas, sweepAfterMs: SWEEP_AFTER_MS, breaks: [] });
  const rows: Row[] = [];
  try {
    for (const only of services) {
      const restart = rollingRestartOf(only);
      const result = await runFault(restart, ground, {
        perSecond,
        seconds: 1,
        endsWithinMs: ENDS_WITHIN_MS,
        signal: stop.signal,
        progress: (text) => say(`${restart.name}: ${text === 'broken' ? 'restarting' : text === 'mended' ? 'restarted' : text}`),
      });
      rows.push({ ...result, restarted: restart.restarted });
    }
  } finally {
    await ground.close();
    // What was done before something failed was done all the same.
    if (rows.length > 0) show(rows, json);
  }
  if (rows.some(({ broken }) => broken.length > 0)) process.exitCode = 1;
}

try {
  const { values } = parseArgs({
    options: {
      service: { type: 'string', multiple: true },
      replicas: { type: 'string', default: 'gate-engine=3,executor=2' },
      rate: { type: 'string', default: '60' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const perSecond = Number(values.rate);
  if (!(perSecond > 0)) throw new Error(`--rate is '${values.rate}', which is no number above 0`);
  const services = values.service?.map((list) => list.split(',').map((name) => name.trim()));
  if (values.help) process.stdout.write(`${HELP}\n`);
  else await rolling(services ?? [['gate-engine'], ['executor'], undefined], perSecond, values.replicas, values.json);
} catch (error) {
  say(`\n${errorMessage(error)}`);
  process.exitCode = 1;
}
