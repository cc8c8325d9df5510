import { createSocket } from 'node:dgram';
import { errorCode } from '@techno/kernel';

/** A port number that nobody else who claims ports on this machine has. */
export interface PortClaim {
  release(): void;
}

/**
 * Claims a TCP port of 127.0.0.1 for the server that is to listen on it: between choosing a port and listening lie
 * seconds, and HTTP servers with SO_REUSEPORT would share one instead of failing. The claim is a UDP socket on the same
 * number, which stands in no server's way; the kernel lets go of it when this process ends, however it does.
 * @returns undefined where it is claimed already
 */
export function claimPort(port: number): Promise<PortClaim | undefined> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', (error) => {
      socket.close();
      // Where no claim can be had (no right to the port, no UDP) the port may still be free.
      resolve(errorCode(error) === 'EADDRINUSE' ? undefined : { release() {} });
    });
    socket.bind({ address: '127.0.0.1', port, exclusive: true }, () => {
      socket.unref();
      resolve({ release: () => socket.close() });
    });
  });
}
