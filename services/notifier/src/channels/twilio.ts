import type { Channel } from './channel.ts';
import { call, type HttpCall, jsonOf } from './http-call.ts';

export interface TwilioOptions extends HttpCall {
  /** `https://api.twilio.com` */
  readonly baseUrl: string;
  readonly account: string;
  readonly token: string;
  /** A number in E.164, or a messaging service (`MG…`). */
  readonly from: string;
  readonly keyed: boolean;
}

/** Twilio's codes for a number that cannot be reached by SMS: https://www.twilio.com/docs/api/errors */
const BAD_NUMBER = new Set([21211, 21214, 21217, 21610, 21612, 21614]);

/** SMS through Twilio's Messages API, or one that speaks it. */
export function twilioChannel(options: TwilioOptions): Channel {
  const { account, token, from, keyed } = options;
  const base = `${options.baseUrl}/2010-04-01/Accounts/${encodeURIComponent(account)}`;
  const authorization = `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`;
  return {
    name: 'sms',
    provider: 'twilio',
    keyed,
    receipts: false,
    async send({ to, text, media, key }, signal) {
      const form = new URLSearchParams({ To: to, Body: media === undefined ? text : `${text}\n${media.url}` });
      form.set(from.startsWith('MG') ? 'MessagingServiceSid' : 'From', from);
      const response = await call(
        options,
        `${base}/Messages.json`,
        {
          method: 'POST',
          headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
          body: form.toString(),
          idempotencyKey: key,
          signal,
        },
        (refusal) => BAD_NUMBER.has(Number(jsonOf(refusal)['code'])),
      );
      const { sid } = jsonOf(response);
      return { providerMessageId: typeof sid === 'string' || typeof sid === 'number' ? String(sid) : undefined };
    },
    async probe(signal) {
      await call(options, `${base}.json`, { headers: { authorization }, signal });
    },
  };
}
