import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';

/**
 * Where `freePort` looks. Not the ephemeral ports (from 32768 on Linux, from 49152 elsewhere): the kernel gives those to
 * outgoing connections, and one may come between the look and the server that is to listen. Away from the product's own
 * defaults (below 10000, and 54320) and from those that tests of the launcher name (24222 and up).
 */
const FIRST_PORT = 10_000;
const LAST_PORT = 23_999;

/** Nobody listens on them until whoever asked has started its server, so they look free. */
const handedOut = new Set<number>();

/**
 * A port of 127.0.0.1 that nobody listens on now, no two the same in one process. At random, so that processes which
 * ask at the same time do not meet.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (handedOut.has(port) || !(await isPortFree(port))) continue;
    handedOut.add(port);
    return port;
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
