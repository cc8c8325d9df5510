import { parseArgs } from 'node:util';
import { errorMessage } from '@techno/kernel';
import { ownEnvironment } from './config.ts';
import { holdContract, table } from './run.ts';
import { selfTest } from './self-test.ts';
import { type Mode, MODES, SETTINGS, settingsOf } from './settings.ts';
import { type Plant, PLANTS } from './world/plants.ts';

const HELP = `npm run obs-contract [-- options]

Holds what is promised about observability against a running system, and fails closed: what cannot be checked is broken.

  --mode dev|staging   dev (default): starts its own stack, Prometheus and Alertmanager; staging: takes URLs
  --self-test          shows that it passes, and that it fails for each break it can plant in itself
  --plant BREAK        plants one: ${Object.keys(PLANTS).join(', ')}
  --help

Settings (environment; dev / staging):
${Object.entries(SETTINGS)
  .map(([name, { says, dev, staging }]) => `  ${name}\n      ${says}\n      ${dev} / ${staging}`)
  .join('\n')}
`;

const print = (line: string) => void process.stdout.write(`${line}\n`);
const say = (line: string) => void process.stderr.write(`· ${line}\n`);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      mode: { type: 'string', default: 'dev' },
      plant: { type: 'string' },
      'self-test': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return (print(HELP), 0);
  if (!MODES.some((mode) => mode === values.mode)) throw new Error(`--mode is one of ${MODES.join(', ')}`);
  if (values.plant !== undefined && !Object.hasOwn(PLANTS, values.plant))
    throw new Error(`--plant is one of ${Object.keys(PLANTS).join(', ')}`);
  const settings = settingsOf(values.mode as Mode, ownEnvironment());
  if (values['self-test']) return selfTest(settings, print, say);
  const outcome = await holdContract(settings, say, values.plant as Plant | undefined);
  print(`\n${table(outcome.checks)}\n`);
  print(outcome.kept ? 'The contract is kept.' : `BROKEN: ${outcome.cause ?? 'not everything was checked'}`);
  print(`Evidence: ${outcome.evidence}`);
  return outcome.kept ? 0 : 1;
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exit(2);
}
