import { standard } from '../../support/sign.ts';
import type { StackFile } from '../../e2e/launched.ts';
import type { Asked } from './ask.ts';

export type Kind = 'echo' | 'later' | 'forbidden' | 'keyed' | 'unkeyed' | 'composite' | 'webhook';

/** One of twenty requests each: mostly what is common, and some of everything that can end differently. */
const CYCLE: readonly Kind[] = [
  'echo', 'keyed', 'echo', 'later', 'echo', 'unkeyed', 'echo', 'webhook', 'echo', 'later',
  'echo', 'keyed', 'echo', 'forbidden', 'echo', 'unkeyed', 'echo', 'composite', 'keyed', 'webhook',
]; // prettier-ignore

export const kindOf = (number: number): Kind => CYCLE[number % CYCLE.length] ?? 'echo';

/** The policy's name of the action behind each. Those beginning with `chaos_` are added for the run. */
export const ACTION_OF: Readonly<Record<Kind, string>> = {
  echo: 'echo',
  later: 'echo',
  forbidden: 'ask_model',
  keyed: 'chaos_keyed',
  unkeyed: 'chaos_unkeyed',
  composite: 'chaos_composite',
  webhook: 'echo',
};

/** `id` is in the payload, so that an effect and a record can be led back to the request. */
export function requestOf(kind: Kind, id: string, stack: StackFile, nowS: number): Asked {
  if (kind === 'webhook') {
    const { body, headers } = standard(stack.webhook.secret, JSON.stringify({ id }), `msg_${id}`, nowS);
    return { path: `/v1/webhooks/${stack.webhook.source}`, headers, body };
  }
  return {
    path: '/v1/process',
    headers: {
      'x-api-key': stack.apiKey,
      'idempotency-key': id,
      ...(kind === 'later' || kind === 'forbidden' ? { prefer: 'respond-async' } : {}),
    },
    body: JSON.stringify({ action: ACTION_OF[kind], context_id: 'default', payload: { id } }),
  };
}
