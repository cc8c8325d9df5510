import { GENERATOR, type Measurement } from '../measure.ts';
import { table } from '../report/table.ts';
import type { Overhead, OverheadRow } from './overhead.ts';

const TITLE = '## What watching costs';
/** Of the throughput, for metrics, logs and traces together. */
const TARGET = 0.15;

/** The section of RESULTS.md about metrics, logs and traces. */
export function overheadSection(
  { rows, spans }: Overhead,
  made: { at: string; machine: readonly string[]; command: string },
): string {
  const [off, delivered] = rows;
  const lost = 1 - middle(ratios(delivered, off));
  const lines = rows.map((row) => [
    row.name,
    middle([...row.rounds.values()].map(({ perSecond }) => perSecond)).toFixed(0),
    row === off ? '' : percent(1 - middle(ratios(row, off))),
    middle([...row.rounds.values()].map(cpuMicros)).toFixed(0),
    row === off ? '' : percent(middle(cpuRatios(row, off)) - 1),
  ]);
  const rounds = [...off.rounds].map(([round, measured]) => {
    const perSecond = delivered.rounds.get(round)?.perSecond ?? Number.NaN;
    const lostThen = percent(1 - perSecond / measured.perSecond);
    return [`round ${round}`, measured.perSecond.toFixed(0), perSecond.toFixed(0), lostThen];
  });
  return [
    TITLE,
    `\`${made.command}\`, ${made.at}, ${made.machine.join(', ')}. The same system twice, side by side and measured in turn; what is lost is the ` +
      `middle of the rounds’ own ratios. Scraping and the collector (${spans} spans) share the processors with what they watch.`,
    `As delivered: ${percent(lost)} of the throughput, wanted < ${percent(TARGET)}: ${lost < TARGET ? 'met' : 'MISSED'}.`,
    table(['what is watched', 'actions/s', 'lost', 'µs of CPU per action', 'more'], lines),
    table(['actions/s', 'nothing', 'as delivered', 'lost'], rounds),
  ].join('\n\n');
}

/** A report with that section, in place of the one it had. */
export function withOverhead(report: string, section: string): string {
  const others = report
    .split(/\n(?=## )/)
    .filter((part) => !part.startsWith(TITLE))
    .map((part) => part.trim());
  return `${[...others, section].join('\n\n')}\n`;
}

/** The section a report has, if any: another run of the bench keeps it. */
export function overheadOf(report: string): string | undefined {
  return report
    .split(/\n(?=## )/)
    .find((part) => part.startsWith(TITLE))
    ?.trim();
}

function ratios(row: OverheadRow, off: OverheadRow): number[] {
  return inPairs(row, off, ({ perSecond }) => perSecond);
}

function cpuRatios(row: OverheadRow, off: OverheadRow): number[] {
  return inPairs(row, off, cpuMicros);
}

/** Both of a round saw the same machine. */
function inPairs(row: OverheadRow, off: OverheadRow, figure: (measured: Measurement) => number): number[] {
  return [...row.rounds].flatMap(([round, measured]) => {
    const unwatched = off.rounds.get(round);
    return unwatched === undefined ? [] : [figure(measured) / figure(unwatched)];
  });
}

function cpuMicros({ processes }: Measurement): number {
  return processes.filter(({ name }) => name !== GENERATOR).reduce((sum, { cpuMicrosPerAction }) => sum + cpuMicrosPerAction, 0);
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
