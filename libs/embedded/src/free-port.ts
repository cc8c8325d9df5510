import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { claimPort } from './port-claim.ts';

/**
 * Where `freePort` looks. Not the ephemeral ports (from 32768 on Linux, from 49152 elsewhere): the kernel gives those to
 * outgoing connections, and one may come between the look and the server that is to listen. Away from the product's own
 * defaults (below 10000, and 54320) and from those that tests of the launcher name (24222 and up).
 */
const FIRST_PORT = 10_000;
const LAST_PORT = 23_999;

/**
 * A port of 127.0.0.1 that nobody listens on now, claimed for as long as this process lives: no other that asks here
 * is given it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    const claim = await claimPort(port);
    if (claim === undefined) continue;
    if (await isPortFree(port)) return port;
    claim.release();
  }
}

/** Whether a server could listen on this port of 127.0.0.1 now. */
export async function isPortFree(port: number): Promise<boolean> {
  // Both ways: a listener with SO_REUSEPORT may let others bind, one on another address may not answer.
  return (await canListen(port)) && !(await answers(port));
}

/** Whether something accepts connections on this port of 127.0.0.1. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.setTimeout(500, () => done(false));
  });
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
