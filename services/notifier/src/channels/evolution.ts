import type { Channel, Outbound } from './channel.ts';
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
        (refusal) => numberDoesNotExist(jsonOf(refusal)),
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

/** `{ response: { message: [{ exists: false, number }] } }` */
function numberDoesNotExist({ response }: Record<string, unknown>): boolean {
  const message = (response as { message?: unknown } | undefined)?.message;
  return Array.isArray(message) && message.some((one: unknown) => (one as { exists?: unknown } | null)?.exists === false);
}
