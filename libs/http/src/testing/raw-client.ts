import { once } from 'node:events';
import { type Socket, connect } from 'node:net';

/** A client that sends exactly the bytes it is told to, for what no HTTP library would send. */
export interface RawClient {
  readonly socket: Socket;
  send(bytes: string | Uint8Array): void;
  /** Everything received, once it matches. Fails when the connection ends before it does. */
  until(pattern: RegExp): Promise<string>;
  /** Everything received, once the server has ended the connection. */
  closed(): Promise<string>;
  destroy(): void;
}

export async function rawClient(port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  let over = false;
  const listeners = new Set<() => void>();
  const changed = () => listeners.forEach((listener) => listener());
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    received += text;
    changed();
  });
  socket.on('error', () => undefined); // a reset is an end like any other here
  socket.on('close', () => {
    over = true;
    changed();
  });
  await once(socket, 'connect');

  function when(condition: () => boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (!condition() && !over) return;
        listeners.delete(check);
        if (condition()) resolve(received);
        else reject(new Error(`the connection ended after: ${JSON.stringify(received)}`));
      };
      listeners.add(check);
      check();
    });
  }

  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    until: (pattern) => when(() => pattern.test(received)),
    closed: () => when(() => over),
    destroy: () => void socket.destroy(),
  };
}

/** The JSON body of the last response in what was received. */
export function lastBody(received: string): Record<string, unknown> {
  return JSON.parse(received.slice(received.lastIndexOf('\r\n\r\n') + 4)) as Record<string, unknown>;
}
