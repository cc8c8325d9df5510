import { loadConfig } from './config.ts';
import { startStandIns } from './stand-ins.ts';

const standIns = await startStandIns(loadConfig());
process.stdout.write(`${JSON.stringify({ msg: 'stand-ins.ready', url: standIns.url, smtpPort: standIns.smtpPort })}\n`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void standIns.close().then(() => process.exit(0)));
}
