import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { HAS_KUBECTL } from '../manifests.ts';
import { ROOT } from '../settings.ts';
import { pictureOf, runsOf, simulated } from './main.ts';
import type { Recording } from './recording.ts';
import { simulate } from './simulate.ts';

const recording = JSON.parse(readFileSync(path.join(ROOT, 'docs/scaling/recorded.json'), 'utf8')) as Recording;
const flat = (perSecond: number, seconds: number): Recording => ({
  ...recording,
  concurrency: 10,
  rates: [{ replicas: 1, perSecond: 10, cpuPerAction: 0.001 }],
  scaled: Array.from({ length: seconds }, (_, t) => ({ t, accepted: perSecond, done: 0, lag: 0, replicas: 1, cpu: 0 })),
});
const options = { spec: recording.spec, requestedCores: 0.5, scrapeS: 15, startS: 10, scale: 1 };

test('what the replicas can do leaves nothing waiting, and nobody is added', () => {
  const seconds = simulate(flat(20, 300), options);
  expect(new Set(seconds.map(({ lag, replicas }) => `${lag} ${replicas}`))).toEqual(new Set(['0 2']));
});

test('a replica works once it has started, and not before', () => {
  const seconds = simulate(flat(200, 120), { ...options, spec: { ...options.spec, lagPerReplica: 1 } });
  const first = seconds.find(({ replicas }) => replicas > 2);
  expect((first?.t ?? 0) % 15).toBe(options.startS % 15);
});

describe.skipIf(!HAS_KUBECTL)('over the recorded load', () => {
  const [recorded, ...overlays] = runsOf(recording);

  test('the model does what the real stack did under the same autoscaler', () => {
    if (recorded === undefined) throw new Error('nothing was recorded');
    const seconds = simulated(recording, recorded);
    const most = (values: readonly number[]) => Math.max(...values);
    expect(most(seconds.map(({ replicas }) => replicas))).toBe(most(recording.scaled.map(({ replicas }) => replicas)));
    const [model, real] = [most(seconds.map(({ lag }) => lag)), most(recording.scaled.map(({ lag }) => lag))];
    expect(Math.abs(model - real) / real).toBeLessThan(0.15);
    expect(seconds.at(-1)?.replicas).toBe(recording.scaled.at(-1)?.replicas);
  });

  test.each(overlays)('$name scales up, works the backlog off and comes back to its least', (run) => {
    const seconds = simulated(recording, run);
    expect(Math.max(...seconds.map(({ replicas }) => replicas))).toBeGreaterThan(run.spec.minReplicas);
    expect(seconds.at(-1)).toMatchObject({ lag: 0, replicas: run.spec.minReplicas });
  });

  test.each(runsOf(recording))('docs/scaling/$name.svg is what `npm run scaling` draws', async (run) => {
    await expect(pictureOf(recording, run)).toMatchFileSnapshot(path.join(ROOT, `docs/scaling/${run.name}.svg`));
  });
});
