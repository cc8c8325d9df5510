import { expect, it } from 'vitest';
import { createHistogram } from '../load/histogram.ts';
import type { Measurement } from '../measure.ts';
import { overheadOf, overheadSection, withOverhead } from './overhead-section.ts';

const measured = (perSecond: number, cpuMicrosPerAction: number): Measurement => ({
  perSecond,
  latency: createHistogram(),
  processes: [
    { name: 'gateway', cores: 1, cpuMicrosPerAction, memoryBytes: 1 },
    { name: 'load generator', cores: 1, cpuMicrosPerAction: 99, memoryBytes: 1 },
  ],
  stages: [],
});
const inOrder = (all: readonly Measurement[]) => new Map(all.map((one, index) => [index + 1, one]));
const made = { at: '2026-11-21T00:00:00Z', machine: ['a machine'], command: 'npm run bench -- --overhead' };
/** Of a machine that is half as fast in the second round, as fast as ever in the third. */
const section = (watched: number) =>
  overheadSection(
    {
      rows: [
        { name: 'nothing', rounds: inOrder([measured(1000, 100), measured(500, 100), measured(1000, 100)]) },
        { name: 'as delivered', rounds: inOrder([1, 0.5, 1].map((speed) => measured(1000 * speed * watched, 110))) },
      ],
      spans: 7,
    },
    made,
  );

it('says what is lost by the middle of the rounds’ own ratios', () => {
  expect(section(0.9)).toContain('As delivered: 10.0 % of the throughput, wanted < 15.0 %: met.');
  expect(section(0.8)).toContain('20.0 % of the throughput, wanted < 15.0 %: MISSED.');
  expect(section(0.9)).toMatch(/\| round 2 +\| +500 \| +450 \| 10\.0 % \|/);
  expect(section(0.9)).toMatch(/\| as delivered +\| +900 \| +10\.0 % \| +110 \| +10\.0 % \|/);
});

it('has one place in the report, and stays there', () => {
  const report = '# Results\n\n- a machine\n\n## Targets\n\nmet\n';
  expect(overheadOf(report)).toBeUndefined();
  const once = withOverhead(report, section(0.9));
  expect(withOverhead(once, section(0.8))).toBe(withOverhead(report, section(0.8)));
  expect(overheadOf(once)).toBe(section(0.9));
  expect(withOverhead(report, overheadOf(once) ?? '')).toBe(once);
  expect(once).toContain('## Targets');
});
