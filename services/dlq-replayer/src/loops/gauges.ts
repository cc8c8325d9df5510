import type { DeadLetters } from '@techno/storage';
import type { Metrics } from '@techno/telemetry';

/** What waits, by actor, and how long the oldest has waited. Actors that have nothing any more go back to 0. */
export function createGauges(metrics: Metrics, deadLetters: DeadLetters, now: () => number): () => Promise<void> {
  const pending = metrics.gauge({ name: 'dead_letters_pending', help: 'Dead letters that wait for somebody', labels: ['actor'] });
  const oldest = metrics.gauge({
    name: 'dead_letters_oldest_seconds',
    help: 'Time since the first failure of the oldest pending dead letter',
    labels: ['actor'],
  });
  const shown = new Set<string>();
  return async () => {
    const rows = new Map((await deadLetters.pending()).map((row) => [row.actor, row]));
    for (const actor of rows.keys()) shown.add(actor);
    for (const actor of shown) {
      const row = rows.get(actor);
      pending({ actor }).set(row?.count ?? 0);
      oldest({ actor }).set(row === undefined ? 0 : Math.max(0, (now() - row.oldestAt.getTime()) / 1_000));
    }
  };
}
