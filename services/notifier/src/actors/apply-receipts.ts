import { type Actor, defineActor } from '@techno/actor';
import { notificationAccepted, notificationReceipt, type NotificationReceipt } from '@techno/contracts';
import { SECOND } from '@techno/kernel';
import type { ApplyReceipt } from '../receipts/apply.ts';
import { readReceipts } from '../receipts/read.ts';

/** Writes what a provider reported, then says so. */
export const applyReceipts = (deps: { apply: ApplyReceipt; pausedUntil: () => number | undefined }): Actor<NotificationReceipt> =>
  defineActor<NotificationReceipt>({
    name: 'apply-receipts',
    receives: notificationReceipt,
    concurrency: 32,
    leaseMs: 15 * SECOND,
    retryDelaysMs: [1, 5, 15, 60].map((seconds) => seconds * SECOND),
    pausedUntil: deps.pausedUntil,
    async handle({ receipt_id, trace_id, channel, report, received_at }, context) {
      const receipts = readReceipts(channel, report);
      for (const receipt of receipts) await deps.apply(channel, { ...receipt, atMs: Date.parse(received_at) });
      context.conclude(notificationAccepted, { asked: receipt_id, trace_id, deliveries: receipts.length });
    },
  });
