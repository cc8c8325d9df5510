import type { IncomingMessage } from 'node:http';
import type { TakenMessage } from './messages.ts';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answer = { readonly status: number; readonly body: unknown };
export type ProviderName = 'evolution' | 'whaticket' | 'twilio' | 'webhook';

/** How one provider speaks: which requests are its own, what it takes from them, and what it answers. */
export interface Provider {
  readonly name: ProviderName;
  readonly handles: RegExp;
  read(asked: Asked): Omit<TakenMessage, 'id' | 'at' | 'headers' | 'body' | 'key'> | { readonly refused: Answer };
  answer(id: string, to: string): Answer;
}

const json = (body: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
};
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const refused = (status: number, body: unknown) => ({ refused: { status, body } });

const evolution: Provider = {
  name: 'evolution',
  handles: /^\/message\/(?:sendText|sendMedia)\/[^/]+$/,
  read({ headers, body, path }) {
    if (headers['apikey'] === undefined) return refused(401, { status: 401, error: 'Unauthorized' });
    const { number, text: words, caption, media } = json(body);
    if (!/^\d{8,15}$/.test(text(number))) {
      return refused(400, { status: 400, error: 'Bad Request', response: { message: [{ exists: false, number }] } });
    }
    const said = path.includes('sendMedia') ? `${text(caption)} [${text(media)}]` : text(words);
    return { channel: 'whatsapp', provider: 'evolution', to: `+${text(number)}`, text: said };
  },
  answer: (id, to) => ({
    status: 201,
    body: { key: { remoteJid: `${to.slice(1)}@s.whatsapp.net`, fromMe: true, id }, status: 'PENDING' },
  }),
};

const whaticket: Provider = {
  name: 'whaticket',
  handles: /^\/api\/messages\/send$/,
  read({ headers, body }) {
    if (!/^Bearer \S/.test(headers.authorization ?? '')) return refused(401, { error: 'ERR_SESSION_EXPIRED' });
    const { number, body: words } = json(body);
    if (!/^\d{8,15}$/.test(text(number))) return refused(400, { error: 'ERR_CHECK_NUMBER' });
    return { channel: 'whatsapp', provider: 'whaticket', to: `+${text(number)}`, text: text(words) };
  },
  answer: (id) => ({ status: 200, body: { id, mensagem: 'Mensagem enviada' } }),
};

const twilio: Provider = {
  name: 'twilio',
  handles: /^\/2010-04-01\/Accounts\/[^/]+\/Messages\.json$/,
  read({ headers, body }) {
    if (!/^Basic \S/.test(headers.authorization ?? ''))
      return refused(401, { code: 20003, message: 'Authenticate', status: 401 });
    const form = new URLSearchParams(body);
    const to = form.get('To') ?? '';
    if (!/^\+\d{8,15}$/.test(to)) return refused(400, { code: 21211, message: "Invalid 'To' Phone Number", status: 400 });
    return { channel: 'sms', provider: 'twilio', to, text: form.get('Body') ?? '' };
  },
  answer: (id, to) => ({ status: 201, body: { sid: id, status: 'queued', to } }),
};

const webhook: Provider = {
  name: 'webhook',
  handles: /^\/hooks\/[^/]+$/,
  read: ({ path, body }) => ({ channel: 'webhook', provider: 'webhook', to: path.slice('/hooks/'.length), text: body }),
  answer: () => ({ status: 204, body: undefined }),
};

export const PROVIDERS: readonly Provider[] = [evolution, whaticket, twilio, webhook];
