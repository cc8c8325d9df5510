import { setTimeout as delay } from 'node:timers/promises';
import type { TakenMessage } from './messages.ts';

export interface ReceiptTarget {
  readonly url: string;
  /** Sent in X-Webhook-Token. */
  readonly token: string;
  /** Wait before each of DELIVERED and READ. */
  readonly afterMs: number;
}

/** Tells what became of a message, in the words of Evolution's `messages.update`: it arrived, then it was read. */
export function reportReceipts({ url, token, afterMs }: ReceiptTarget, message: TakenMessage): void {
  void (async () => {
    for (const status of ['DELIVERY_ACK', 'READ']) {
      await delay(afterMs, undefined, { ref: false });
      await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-webhook-token': token },
        body: JSON.stringify({
          event: 'messages.update',
          instance: 'demo',
          data: { keyId: message.id, remoteJid: `${message.to.slice(1)}@s.whatsapp.net`, fromMe: true, status },
        }),
      });
    }
  })().catch(() => {});
}
