import { report } from './failure.ts';
import { techno } from './program.ts';

try {
  await techno().parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error, process.argv.includes('--json'));
}
