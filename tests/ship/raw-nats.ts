import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';

/** What nats-server refused a user, by the words of its protocol: no client stands between. */
export interface Refused {
  readonly publish: ReadonlySet<string>;
  readonly subscribe: ReadonlySet<string>;
}

const VIOLATION = /^-ERR 'Permissions Violation for (Publish to|Subscription to) "([^"]+)"/;

/** Signs in with the URL's credentials, tries every subject, and tells which were refused. Throws where the sign-in is. */
export async function refusals(url: string, subjects: Record<'publish' | 'subscribe', readonly string[]>): Promise<Refused> {
  const { hostname, port, username, password } = new URL(url);
  const socket = createConnection({ host: hostname, port: Number(port) });
  const send = (line: string) => void socket.write(`${line}\r\n`);
  const refused = { publish: new Set<string>(), subscribe: new Set<string>() };
  try {
    send(`CONNECT ${JSON.stringify({ user: username, pass: password, verbose: false, pedantic: false, headers: true })}`);
    for (const subject of subjects.publish) send(`PUB ${subject} 0\r\n`);
    subjects.subscribe.forEach((subject, index) => send(`SUB ${subject} ${index + 1}`));
    send('PING');
    for await (const line of createInterface({ input: socket })) {
      const [, what, subject = ''] = VIOLATION.exec(line) ?? [];
      if (what !== undefined) refused[what.startsWith('Publish') ? 'publish' : 'subscribe'].add(subject);
      else if (line.startsWith('-ERR')) throw new Error(`nats-server said ${line}`);
      // Refusals come in order, before the answer to what was sent after them.
      if (line === 'PONG') return refused;
    }
    throw new Error('nats-server ended the connection');
  } finally {
    socket.destroy();
  }
}
