import { parseArgs } from 'node:util';
import { FAULTS } from './faults/index.ts';
import type { Fault } from './fault.ts';
import { SAFEGUARDS, type Safeguard } from './fault.ts';

export interface ChaosOptions {
  readonly faults: readonly Fault[];
  readonly perSecond: number;
  readonly seconds: number;
  readonly replicas: string;
  readonly breaks: readonly Safeguard[];
  readonly json: boolean;
  /** Where the evidence goes; undefined: a new folder of its own. */
  readonly evidence: string | undefined;
}

export const HELP = `npm run chaos [-- options]

Breaks a running system under load in every way there is a name for, and reads back every accepted id: nothing may be lost,
doubled or executed without an ALLOW, and it has to come back by itself. Exit code 1 when a promise was broken.

  --list              the faults, one a line
  --only a,b          these faults alone; 'kill' stands for all that begin so
  --seconds 10        how long a fault is kept up, and the load at least lasts
  --rate 60           requests a second, of seven kinds
  --replicas LIST     default gate-engine=3,executor=2
  --break sweeper     take a safeguard away on purpose (sweeper, fence): the table must then fail. Without --only: the faults
                      that stand on it
  --evidence DIR      default: a new folder, whose name is printed
  --json              the results as JSON on stdout; progress and table go to stderr
  --help

disk-full needs root, for a tmpfs of its own.`;

export type Asked =
  | { readonly kind: 'help' }
  | { readonly kind: 'list' }
  | { readonly kind: 'run'; readonly options: ChaosOptions };

/** @throws Error what is wrong with the command line */
export function parseOptions(args: readonly string[], faults: readonly Fault[] = FAULTS): Asked {
  const { values } = parseArgs({
    args: [...args],
    options: {
      list: { type: 'boolean', default: false },
      only: { type: 'string' },
      seconds: { type: 'string', default: '10' },
      rate: { type: 'string', default: '60' },
      replicas: { type: 'string', default: 'gate-engine=3,executor=2' },
      break: { type: 'string', default: '' },
      evidence: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return { kind: 'help' };
  if (values.list) return { kind: 'list' };
  const breaks = split(values.break).map((name) => {
    const found = SAFEGUARDS.find((one) => one === name);
    if (found === undefined) throw new Error(`--break knows ${SAFEGUARDS.join(' and ')}, not '${name}'`);
    return found;
  });
  return {
    kind: 'run',
    options: {
      faults: chosen(faults, values.only, breaks),
      perSecond: positive('--rate', values.rate),
      seconds: positive('--seconds', values.seconds),
      replicas: values.replicas,
      breaks,
      json: values.json,
      evidence: values.evidence,
    },
  };
}

function chosen(faults: readonly Fault[], only: string | undefined, breaks: readonly Safeguard[]): Fault[] {
  if (only !== undefined) {
    const names = split(only);
    for (const name of names) {
      if (!faults.some((fault) => matches(fault, name))) throw new Error(`there is no fault '${name}'; --list names them all`);
    }
    return faults.filter((fault) => names.some((name) => matches(fault, name)));
  }
  if (breaks.length === 0) return [...faults];
  return faults.filter((fault) => breaks.some((one) => fault.standsOn?.includes(one)));
}

const matches = ({ name }: Fault, asked: string): boolean => name === asked || name.startsWith(`${asked}-`);

const split = (list: string): string[] =>
  list
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

function positive(name: string, text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  throw new Error(`${name} is '${text}', which is no number above 0`);
}
