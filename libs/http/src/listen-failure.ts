import { createServer } from 'node:net';

import { errorCode, StartupError } from '@techno/kernel';

/** µWebSockets only says no; Node's own listen says why. */
export async function explainListenFailure(host: string, port: number): Promise<StartupError> {
  const code = await new Promise<string>((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => resolve(errorCode(error)));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve('EADDRINUSE')));
  });
  const where = `${host}:${port}`;
  if (code === 'EADDRINUSE') {
    const fix = `Stop what listens there (ss -ltnp 'sport = :${port}') or choose another port.`;
    return new StartupError('PORT_IN_USE', `${where} is already in use`, fix);
  }
  return new StartupError(
    'LISTEN_FAILED',
    `cannot listen on ${where}: ${code}`,
    'Choose a host of this machine and a port it allows.',
  );
}
