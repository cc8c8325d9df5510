import { holdContract, table } from './run.ts';
import type { Settings } from './settings.ts';
import { type Plant, PLANTS, RENAMED } from './world/plants.ts';

/** What the cause that is named has to say, for each break. */
const NAMED: Readonly<Record<Plant, RegExp>> = {
  'service-stopped': /^health: auditor: .* does not answer/,
  'metric-renamed': new RegExp(`^metrics: ${RENAMED.service}: the metric ${RENAMED.from} is gone.*${RENAMED.to}`),
  'query-broken': /^queries: Techno OS \/ Overview \/ Throughput: it asks for process_requests, /,
  'tracing-off': /^traces: .* tracing is switched off/,
};

/** A check that cannot fail shows nothing: it is run whole once, and once for each break it can plant in itself. */
export async function selfTest(settings: Settings, print: (line: string) => void, say: (line: string) => void): Promise<number> {
  const shown: string[] = [];
  let wrong = 0;
  const note = (name: string, good: boolean, said: string) => {
    if (!good) wrong++;
    shown.push(`${good ? 'as it should' : 'WRONG'}  ${name}: ${said}`);
  };
  const whole = await holdContract(settings, say);
  print(`\n${table(whole.checks)}\n`);
  note('nothing is broken', whole.kept, whole.cause ?? 'every promise is kept');
  for (const plant of Object.keys(PLANTS) as Plant[]) {
    say(`planting ${plant}: ${PLANTS[plant]}`);
    const { kept, cause = 'no cause' } = await holdContract(settings, say, plant);
    note(plant, !kept && NAMED[plant].test(cause), kept ? 'it was not noticed' : cause);
  }
  print(shown.join('\n'));
  return wrong === 0 ? 0 : 1;
}
