import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { type Behaviour, behaviourBoard, hesitate } from './behaviour.ts';
import { type MailCatcher, type MailMoment, startMailCatcher } from './mail-catcher.ts';
import { inbox, type TakenMessage } from './messages.ts';
import { page } from './page.ts';
import { type Asked, PROVIDERS, type ProviderName } from './providers.ts';
import { type ReceiptTarget, reportReceipts } from './receipts.ts';

export type BehaviourName = MailMoment | ProviderName | 'session';

export interface StandIns {
  /** Web page and API, and where the message providers are. */
  readonly url: string;
  readonly smtpPort: number;
  readonly mails: MailCatcher['mails'];
  readonly messages: TakenMessage[];
  /** Tells one of them to fail, or (undefined) to behave again. */
  behave(name: BehaviourName, behaviour: Behaviour | undefined): void;
  /** The WhatsApp session: `open` takes messages. */
  setSession(state: 'open' | 'close'): void;
  /** Cuts every connection and refuses new ones, until `resume`. */
  goDown(): Promise<void>;
  resume(): Promise<void>;
  close(): Promise<void>;
}

export interface StandInOptions {
  /** 0: any free one. */
  readonly httpPort?: number;
  readonly smtpPort?: number;
  /** Where the WhatsApp stand-in reports what became of a message; without it, it says nothing. */
  readonly receipts?: ReceiptTarget | undefined;
}

/** What Evolution answers while it has no session. */
const SESSION_CLOSED = { status: 400, error: 'Bad Request', response: { message: ['Error: Connection Closed'] } };

/** The providers of development and tests: an SMTP catcher, WhatsApp (two dialects), SMS and a webhook endpoint, on one web page. */
export async function startStandIns(options: StandInOptions = {}): Promise<StandIns> {
  const board = behaviourBoard<BehaviourName>();
  const taken = inbox();
  const mail = await startMailCatcher(options.smtpPort ?? 0, board);
  let session: 'open' | 'close' = 'open';

  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked: Asked = {
      method: request.method ?? '',
      path: (request.url ?? '').split('?', 1)[0] ?? '',
      headers: request.headers,
      body: await readText(request),
    };
    const provider = PROVIDERS.find(({ handles }) => handles.test(asked.path));
    if (provider !== undefined && asked.method === 'POST') {
      await speak(provider, asked, request, response);
    } else if (/^\/instance\/connectionState\/[^/]+$/.test(asked.path)) {
      const behaviour = board.next('session');
      if (behaviour?.status !== undefined) return send(response, behaviour.status, {});
      send(response, 200, { instance: { instanceName: asked.path.split('/').at(-1), state: session } });
    } else if (/^\/2010-04-01\/Accounts\/[^/]+\.json$/.test(asked.path) || asked.path === '/api/health') {
      send(response, 200, { status: 'active' });
    } else administer(asked, response);
  }

  async function speak(
    provider: (typeof PROVIDERS)[number],
    asked: Asked,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const behaviour = board.next(provider.name);
    await hesitate(behaviour);
    if (behaviour?.drop === 'before') return void request.socket.destroy();
    if (behaviour?.status !== undefined) {
      const retry = behaviour.retryAfter === undefined ? {} : { 'retry-after': String(behaviour.retryAfter) };
      return send(response, behaviour.status, behaviour.body ?? { error: 'as told' }, { ...retry, ...behaviour.headers });
    }
    if (provider.name === 'evolution' && session !== 'open') return send(response, 400, SESSION_CLOSED);
    const read = provider.read(asked);
    if ('refused' in read) return send(response, read.refused.status, read.refused.body);
    const key = asked.headers['idempotency-key'] ?? asked.headers['webhook-id'];
    const { message, repeated } = taken.take({
      ...read,
      key: typeof key === 'string' ? key : undefined,
      headers: Object.fromEntries(Object.entries(asked.headers).map(([name, value]) => [name, value?.toString()])),
      body: asked.body,
    });
    if (behaviour?.drop === 'after') return void request.socket.destroy();
    const said = provider.answer(message.id, message.to);
    send(response, said.status, said.body);
    if (!repeated && provider.name === 'evolution' && options.receipts !== undefined) reportReceipts(options.receipts, message);
  }

  function administer({ method, path, body }: Asked, response: ServerResponse): void {
    const behaviour = /^\/api\/behaviour\/([a-z-]+)$/.exec(path);
    if (method === 'GET' && path === '/')
      return send(response, 200, page(mail.mails, taken.messages), { 'content-type': 'text/html; charset=utf-8' });
    if (method === 'GET' && path === '/api/mails') return send(response, 200, { mails: mail.mails });
    if (method === 'GET' && path === '/api/messages') return send(response, 200, { messages: taken.messages });
    if (method === 'DELETE' && path === '/api/messages') {
      taken.clear();
      mail.mails.length = 0;
      return send(response, 204, undefined);
    }
    if (method === 'PUT' && path === '/api/session') {
      session = (JSON.parse(body) as { state: 'open' | 'close' }).state;
      return send(response, 204, undefined);
    }
    if (method === 'PUT' && behaviour !== null) {
      board.set(behaviour[1] as BehaviourName, JSON.parse(body) as Behaviour);
      return send(response, 204, undefined);
    }
    if (method === 'DELETE' && behaviour !== null) {
      board.set(behaviour[1] as BehaviourName, undefined);
      return send(response, 204, undefined);
    }
    send(response, 404, { error: 'nothing here' });
  }

  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  const stop = () =>
    new Promise<void>((resolve) => {
      if (!server.listening) return resolve();
      server.close(() => resolve());
      server.closeAllConnections();
    });

  await listen(options.httpPort ?? 0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    smtpPort: mail.port,
    mails: mail.mails,
    messages: taken.messages,
    behave: (name, behaviour) => board.set(name, behaviour),
    setSession: (state) => (session = state),
    goDown: stop,
    resume: () => listen(port),
    async close() {
      await Promise.all([stop(), mail.close()]);
    },
  };
}

function send(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
}
