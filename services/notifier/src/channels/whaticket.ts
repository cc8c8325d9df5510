import type { Channel } from './channel.ts';
import { call, type HttpCall, jsonOf } from './http-call.ts';

export interface WhaticketOptions extends HttpCall {
  readonly baseUrl: string;
  readonly token: string;
  readonly keyed: boolean;
}

/** WhatsApp through Whaticket. It says nothing of what became of a message; media goes as a link. */
export function whaticketChannel(options: WhaticketOptions): Channel {
  const { baseUrl, token, keyed } = options;
  return {
    name: 'whatsapp',
    provider: 'whaticket',
    keyed,
    receipts: false,
    async send({ to, text, media, key }, signal) {
      const response = await call(
        options,
        `${baseUrl}/api/messages/send`,
        {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ number: to.replace(/^\+/, ''), body: media === undefined ? text : `${text}\n${media.url}` }),
          idempotencyKey: key,
          signal,
        },
        (refusal) => jsonOf(refusal)['error'] === 'ERR_CHECK_NUMBER',
      );
      const { id } = jsonOf(response);
      return { providerMessageId: typeof id === 'string' || typeof id === 'number' ? String(id) : undefined };
    },
    async probe(signal) {
      await call(options, `${baseUrl}/api/health`, { signal });
    },
  };
}
