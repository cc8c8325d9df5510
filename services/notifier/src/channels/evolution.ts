import type { SafeResponse } from '@techno/http';
import { type Channel, ChannelFailure, type Outbound } from './channel.ts';
import { call, type HttpCall, jsonOf } from './http-call.ts';

export interface EvolutionOptions extends HttpCall {
  /** `https://evolution.example.org` */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly instance: string;
  readonly keyed: boolean;
}

/** WhatsApp through Evolution API v2 (https://doc.evolution-api.com): text and media, receipts by `messages.update`. */
export function evolutionChannel(options: EvolutionOptions): Channel {
  const { baseUrl, apiKey, keyed } = options;
  const instance = encodeURIComponent(options.instance);
  const headers = { apikey: apiKey, 'content-type': 'application/json' };
  return {
    name: 'whatsapp',
    provider: 'evolution',
    keyed,
    receipts: true,
    session: true,
    async send(message, signal) {
      const { path, body } = requestOf(message);
      const response = await call(
        options,
        `${baseUrl}${path}/${instance}`,
        { method: 'POST', headers, body: JSON.stringify(body), idempotencyKey: message.key, signal },
        isBadNumber,
      );
      const { key } = jsonOf(response);
      return { providerMessageId: typeof key === 'object' && key !== null && 'id' in key ? String(key.id) : undefined };
    },
    async probe(signal) {
      const response = await call(options, `${baseUrl}/instance/connectionState/${instance}`, {
        headers: { apikey: apiKey },
        signal,
      });
      const { instance: state } = jsonOf(response) as { instance?: { state?: unknown } };
      if (state?.state !== 'open') throw new Error(`the WhatsApp session is '${String(state?.state)}'`);
    },
  };
}

function requestOf({ to, text, media }: Outbound): { path: string; body: Record<string, unknown> } {
  const number = to.replace(/^\+/, '');
  if (media === undefined) return { path: '/message/sendText', body: { number, text } };
  return {
    path: '/message/sendMedia',
    body: {
      number,
      mediatype: media.kind,
      media: media.url,
      caption: text,
      ...(media.name === undefined ? {} : { fileName: media.name }),
    },
  };
}

/**
 * `{ response: { message: [{ exists: false, number }] } }`. Throws a ChannelFailure where what is refused with a 4xx is not the message:
 * `{ response: { message: ['Error: Connection Closed'] } }` is a session that is gone before its instance knows.
 * https://github.com/evolution-foundation/evolution-api/issues/2229
 */
function isBadNumber(refusal: SafeResponse): boolean {
  const { response } = jsonOf(refusal) as { response?: { message?: unknown } };
  const messages: unknown[] = [response?.message].flat();
  if (messages.some((one) => typeof one === 'string' && /connection closed/i.test(one)))
    throw new ChannelFailure({ kind: 'lost', sent: false, code: 'SESSION_CLOSED' }, 'the WhatsApp session is closed');
  return messages.some((one) => (one as { exists?: unknown } | null | undefined)?.exists === false);
}
