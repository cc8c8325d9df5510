import type { AddressInfo } from 'node:net';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { type Behaviour, type BehaviourBoard, hesitate } from './behaviour.ts';

export interface CaughtMail {
  readonly id: string;
  readonly at: string;
  /** The envelope's. */
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Names in lower case, in order. */
  readonly headers: readonly { readonly key: string; readonly value: string }[];
  readonly raw: string;
}

export interface MailCatcher {
  readonly port: number;
  readonly mails: CaughtMail[];
  close(): Promise<void>;
}

/** Where in the dialogue a behaviour applies. */
export type MailMoment = 'smtp-connect' | 'smtp-rcpt' | 'smtp-data';

/** An SMTP server that takes every mail and delivers none. */
export async function startMailCatcher(
  port: number,
  board: BehaviourBoard<MailMoment>,
  host = '127.0.0.1',
): Promise<MailCatcher> {
  const mails: CaughtMail[] = [];
  let count = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onAuth: (_auth, _session, callback) => callback(null, { user: 'anyone' }),
    onConnect(_session, callback) {
      void after(board.next('smtp-connect'), callback);
    },
    onRcptTo(_address, _session, callback) {
      void after(board.next('smtp-rcpt'), callback);
    },
    onData(stream, session, callback) {
      const behaviour = board.next('smtp-data');
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        void (async () => {
          await hesitate(behaviour);
          const cut = () => cutConnections(server, session.id);
          if (behaviour?.drop === 'before') return cut();
          if (behaviour?.status !== undefined) return callback(reply(behaviour.status));
          const raw = Buffer.concat(chunks);
          const parsed = await PostalMime.parse(raw);
          const envelope = session.envelope;
          mails.push({
            id: `mail_${++count}`,
            at: new Date().toISOString(),
            from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
            to: envelope.rcptTo.map(({ address }) => address),
            subject: parsed.subject ?? '',
            text: parsed.text ?? '',
            html: parsed.html ?? '',
            headers: parsed.headers.map(({ key, value }) => ({ key, value })),
            raw: raw.toString('utf8'),
          });
          if (behaviour?.drop === 'after') return cut();
          callback(null);
        })();
      });
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cutConnections(server);
      }),
  };
}

/** Cuts the connection of a session, or every one: what a client had under way there, it hears nothing of. */
function cutConnections(server: SMTPServer, sessionId?: string): void {
  const connections = (server as unknown as { connections: Set<{ session: { id: string }; _socket?: { destroy(): void } }> })
    .connections;
  for (const { session, _socket: socket } of connections)
    if (sessionId === undefined || session.id === sessionId) socket?.destroy();
}

async function after(behaviour: Behaviour | undefined, answer: (error: Error | null) => void): Promise<void> {
  await hesitate(behaviour);
  answer(behaviour?.status === undefined ? null : reply(behaviour.status));
}

function reply(code: number): Error {
  return Object.assign(new Error(code >= 500 ? '5.1.1 no such mailbox here' : '4.3.2 not now'), { responseCode: code });
}
