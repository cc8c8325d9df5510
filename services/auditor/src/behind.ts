import type { CanonicalEvent } from '@techno/contracts';
import { SECOND } from '@techno/kernel';
import type { Metrics } from '@techno/telemetry';

/** What waits for a consumer, and what it has in hand. */
interface Waiting {
  readonly consumer: string;
  readonly pending: number;
  readonly unacked: number;
}

/** Keeps `audit_behind_seconds{consumer}`. */
export interface Behind {
  /** These were written: the trail knows what happened up to the last of them. */
  written(consumer: string, events: readonly CanonicalEvent[]): void;
  /** What waits now. */
  looked(waiting: readonly Waiting[]): void;
}

/**
 * How old the oldest event may be that the trail does not hold: 0 where nothing waits, else the time since the newest event
 * written or since nothing waited last, whichever is later. Replicas that stand by see what waits and write nothing, so the
 * least of all replicas' figures is the trail's.
 */
export function behindSeconds(metrics: Pick<Metrics, 'gauge'>, now: () => number): Behind {
  const gauge = metrics.gauge({
    name: 'audit_behind_seconds',
    help: 'Age of the oldest event that the audit trail may lack, by consumer; the least of all replicas counts',
    labels: ['consumer'],
  });
  const startedAt = now();
  const completeUntil = new Map<string, number>();
  const reached = (consumer: string, at: number) =>
    completeUntil.set(consumer, Math.max(at, completeUntil.get(consumer) ?? startedAt));
  return {
    written(consumer, events) {
      const newest = events.at(-1);
      if (newest !== undefined) reached(consumer, Date.parse(newest.at));
    },
    looked(waiting) {
      for (const { consumer, pending, unacked } of waiting) {
        if (pending + unacked === 0) reached(consumer, now());
        const until = completeUntil.get(consumer) ?? startedAt;
        gauge({ consumer }).set(pending + unacked === 0 ? 0 : Math.max(0, (now() - until) / SECOND));
      }
    },
  };
}
