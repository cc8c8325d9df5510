import type { ChannelName, ReceiptStatus } from '@techno/contracts';
import type { Change, Deliveries, Delivery } from '@techno/storage';
import { afterReceipt } from '../delivery/after-attempt.ts';
import { count, type DeliverDeps, withNews } from '../dispatch/deliver.ts';

export type ApplyReceipt = (
  channel: ChannelName,
  receipt: { readonly messageId: string; readonly status: ReceiptStatus; readonly atMs: number },
) => Promise<void>;

/** Writes what a provider reported of a message. What it reported before its message was on record is kept until it is. */
export function receiptApplier(deliveries: Deliveries, deps: DeliverDeps): ApplyReceipt {
  return async (channel, { messageId, status, atMs }) => {
    let moved: { delivery: Delivery; change: Change } | undefined;
    const known = await deliveries.receipt({ channel, id: messageId }, (current, number) => {
      const settled = !current.awaiting;
      const position = current.channels.indexOf(channel);
      // It ends on the channel that the receipt is of, even where a fallback was about to be sent on the next.
      const transition = afterReceipt({ ...current, position, settled, current: position === current.position }, status, atMs);
      const receipt = { number, status, at: new Date(atMs) };
      const change = withNews(current, { transition, receipt }, atMs);
      // Told as settled once; a later receipt only says how much further it got.
      const told = settled && change.newsOf !== undefined ? { ...change, newsOf: undefined } : change;
      if (transition !== undefined && !settled) moved = { delivery: current, change: told };
      return told;
    });
    if (!known) await deliveries.keepEarly({ channel, id: messageId, status, at: new Date(atMs) });
    else if (moved?.change.transition !== undefined) count(moved.delivery, moved.change.transition, deps);
  };
}
