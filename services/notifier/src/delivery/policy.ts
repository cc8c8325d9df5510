import { HOUR, MINUTE, SECOND } from '@techno/kernel';

/** When a delivery is tried again. */
export interface DeliveryPolicy {
  readonly retryDelaysMs: readonly number[];
  /** For severity ≥ high with no channel left. */
  readonly slowDelaysMs: readonly number[];
  /** How long a message may stay without a receipt before the next channel is tried. */
  readonly receiptTimeoutMs: number;
}

export const DEFAULT_POLICY: DeliveryPolicy = {
  retryDelaysMs: [5, 15, 45, 90].map((seconds) => seconds * SECOND),
  slowDelaysMs: [5 * MINUTE, 30 * MINUTE, 2 * HOUR, 12 * HOUR],
  receiptTimeoutMs: 60 * SECOND,
};
