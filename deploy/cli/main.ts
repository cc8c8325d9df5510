import { errorCode } from '@techno/kernel';
import { report } from './failure.ts';
import { techno } from './program.ts';

// Whoever reads has seen enough (`techno … | head`): nothing is wrong, and nobody is left to tell.
process.stdout.on('error', (error) => {
  if (errorCode(error) !== 'EPIPE') throw error;
  process.exit();
});

try {
  await techno().parseAsync(process.argv);
} catch (error) {
  process.exitCode = report(error, process.argv.includes('--json'));
}
