import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '@techno/embedded';
import { SECOND } from '@techno/kernel';
import { refuse } from '../broken-promise.ts';
import { prometheusApi } from '../prometheus.ts';
import { queriesOfDashboards, type QueryFault, queriesOfRules, queryFaults, type ReliedOn } from '../queries.ts';
import type { Check } from './check.ts';

/** Every query of every panel and every rule gives something, from a Prometheus that scraped what runs. */
export const queries: Check = {
  name: 'queries',
  promise: 'every query of every panel and rule is understood and gives something',
  async check({ world, settings, settleMs, startedAt, keep }) {
    const api = prometheusApi(world.prometheusUrl);
    const groups = await api.rules();
    const recorded = new Set(
      groups.flatMap(({ rules }) => rules.filter(({ type }) => type === 'recording').map(({ name }) => name)),
    );
    const all: ReliedOn[] = [...queriesOfDashboards(world.dashboards), ...queriesOfRules(groups)];
    const mayBeSparse = settings.get('OBS_SPARSE') === 'may';
    let left = all;
    let faults: QueryFault[] = [];
    let last = all;
    // Scrapes and rules come round; what is still silent at the end is broken.
    await until(
      async () => {
        const seconds = Math.ceil((Date.now() - startedAt) / SECOND);
        const asked = await Promise.all(
          left.map(async (one) => ({ one, faults: await queryFaults(one, api, { seconds, mayBeSparse, recorded }) })),
        );
        last = left;
        left = asked.filter((answered) => answered.faults.length > 0).map(({ one }) => one);
        faults = asked.flatMap((answered) => answered.faults);
        return faults.every(({ kind }) => kind === 'broken');
      },
      { timeoutMs: settleMs, everyMs: 2 * SECOND },
    ).catch(() => undefined);
    keep('queries.json', { asked: all, faults });
    refuse([...brokenFirst(faults), ...(await outdated(world.dashboards))]);
    return `${all.length} queries; last to give something: ${last[0]?.where ?? ''}`;
  },
};

/** One that is wrong as it is written explains more than those that are silent because of it. */
function brokenFirst(faults: readonly QueryFault[]): string[] {
  return faults.toSorted((a, b) => a.kind.localeCompare(b.kind)).map(({ text }) => text);
}

/** Dashboards that are not what their source makes: what was looked at is then not what the next one to generate them will see. */
async function outdated(folder: string): Promise<string[]> {
  const { generated } = await import('../../../grafana/generate.ts');
  const made = generated();
  const read = (file: string) =>
    existsSync(path.join(folder, file)) ? readFileSync(path.join(folder, file), 'utf8') : undefined;
  return [...made]
    .filter(([file, text]) => read(file) !== text)
    .map(([file]) => `${file} in ${folder} is not what deploy/grafana/dashboards makes: \`npm run dashboards\` writes it anew`);
}
