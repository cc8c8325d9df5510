import type { StandInOptions } from './stand-ins.ts';

/** What the process is told. The only place here that reads the environment. */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env): StandInOptions {
  const url = env['STAND_INS_RECEIPTS_URL'];
  const token = env['STAND_INS_RECEIPTS_TOKEN'];
  return {
    httpPort: Number(env['STAND_INS_HTTP_PORT'] ?? 8025),
    smtpPort: Number(env['STAND_INS_SMTP_PORT'] ?? 1025),
    receipts: url === undefined || token === undefined ? undefined : { url, token, afterMs: 500 },
  };
}
