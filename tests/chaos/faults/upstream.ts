import { MINUTE } from '@techno/kernel';
import type { Mood } from '../../support/upstream.ts';
import type { Fault } from '../fault.ts';

const TITLES: Readonly<Record<Exclude<Mood, 'well'>, string>> = {
  '429': 'the upstream answers 429 with Retry-After',
  '503': 'the upstream answers 503',
  hang: 'the upstream does what it is asked and never answers',
};

const upstreamIs = (mood: Exclude<Mood, 'well'>): Fault => ({
  name: `upstream-${mood}`,
  title: TITLES[mood],
  standsOn: mood === 'hang' ? ['fence'] : [],
  recoversWithinMs: 1 * MINUTE,
  async run({ upstream, wait, holdMs }) {
    upstream.mood = mood;
    try {
      await wait(holdMs);
    } finally {
      upstream.mood = 'well';
    }
  },
});

export const upstreamFaults: readonly Fault[] = (['429', '503', 'hang'] as const).map(upstreamIs);
