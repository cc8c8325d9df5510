import { envelope, type Transport } from '@techno/actor';
import { jobTicked } from '@techno/contracts';
import { type Clock, HOUR, newSpanId, newW3cTraceId, rfc3339 } from '@techno/kernel';
import { type Armable, createBatcher, type Schedules } from '@techno/storage';

/**
 * Stores the next tick of a schedule in JetStream, where the server keeps it until it is due. One subject for each schedule: a
 * later tick takes the place of an earlier one.
 */
export interface Armer {
  /** Those that are due within the horizon; the others are armed when they are. Resolves when it is noted that they are stored. */
  arm(ticks: readonly Armable[]): Promise<void>;
  /** Until when ticks are stored ahead: much less than the stream keeps its messages. */
  horizon(nowMs: number): Date;
}

const HORIZON_MS = 1 * HOUR;

export interface ArmerDeps {
  readonly schedules: Pick<Schedules, 'armed'>;
  readonly transport: Pick<Transport, 'schedule'>;
  readonly clock: Clock;
}

export function createArmer({ schedules, transport, clock }: ArmerDeps): Armer {
  const noting = createBatcher<Armable, void>({
    maxRows: 500,
    maxWaitMs: 2,
    maxInFlight: 2,
    keyOf: ({ id }) => id,
    async flush(ticks) {
      await schedules.armed(ticks);
      return ticks.map(() => undefined);
    },
  });

  async function armOne(tick: Armable): Promise<void> {
    const now = clock.now();
    const dueMs = tick.fireAt.getTime();
    const body = { schedule_id: tick.id, due_at: rfc3339(dueMs) };
    const message = envelope(jobTicked, body, {
      causeId: `tick.${tick.id}.${tick.revision}.${dueMs}`,
      source: 'scheduler',
      // A tick belongs to no trace; each run that it brings has its own.
      traceparent: `00-${newW3cTraceId(now)}-${newSpanId()}-00`,
      now: rfc3339(now),
    });
    await transport.schedule(message, dueMs - now, tick.id);
    await noting.add(tick);
  }

  return {
    async arm(ticks) {
      const until = clock.now() + HORIZON_MS;
      await Promise.all(ticks.filter(({ fireAt }) => fireAt.getTime() <= until).map(armOne));
    },
    horizon: (nowMs) => new Date(nowMs + HORIZON_MS),
  };
}
