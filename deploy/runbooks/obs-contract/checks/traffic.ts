import { SECOND } from '@techno/kernel';
import { BrokenPromise } from '../broken-promise.ts';
import { exercise } from '../traffic/exercise.ts';
import { load } from '../traffic/load.ts';
import type { Check } from './check.ts';

/** Everything that leaves a sign is done once, under a steady load. */
export const traffic: Check = {
  name: 'traffic',
  promise: 'every path of the system answers as it should, under load',
  async check(run) {
    const { world, settings, settleMs } = run;
    const perSecond = Number(settings.get('OBS_LOAD_PER_SECOND'));
    const seconds = Number(settings.get('OBS_LOAD_SECONDS'));
    const loaded = load(world, { perSecond, seconds });
    try {
      run.exercised = await exercise(world, loaded, settleMs, run.say);
    } finally {
      const statuses = await loaded;
      run.keep('traffic.json', { exercised: run.exercised, load: Object.fromEntries(statuses) });
    }
    const statuses = await loaded;
    const bad = [...statuses].filter(([status]) => status !== 200 && status !== 202);
    if (bad.length > 0)
      throw new BrokenPromise(
        `of ${perSecond * seconds} requests under load, ${bad.map(([status, count]) => `${count} were answered ${status}`).join(', ')}`,
      );
    return `${run.exercised.steps.length} paths, ${perSecond * seconds} requests in ${seconds} s (${Math.round((Date.now() - run.startedAt) / SECOND)} s since the start)`;
  },
};
