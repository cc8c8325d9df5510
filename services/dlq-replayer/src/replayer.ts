import type { Transport } from '@techno/actor';
import { errorMessage } from '@techno/kernel';
import type { DeadLetterRow, Replays } from '@techno/storage';
import { parseTraceparent, type Tracer } from '@techno/telemetry';
import { replayMessage } from './replay-message.ts';

export interface ReplayerDeps {
  readonly replays: Replays;
  readonly transport: Transport;
  readonly tracer: Tracer;
  readonly now: () => number;
  readonly onSent: (actor: string) => void;
  readonly onProblem: (fields: { problem: string; messages: number }) => void;
}

/**
 * Publishes claimed dead letters, all at once, and marks what the bus has stored. Gives those it has not: they are overdue soon, and
 * tried again.
 */
export type SendReplays = (rows: readonly DeadLetterRow[]) => Promise<DeadLetterRow[]>;

export function createReplayer({ replays, transport, tracer, now, onSent, onProblem }: ReplayerDeps): SendReplays {
  async function sendOne(row: DeadLetterRow): Promise<{ id: number; replayId: string; done: boolean } | undefined> {
    const span = tracer.start(`replay ${row.jobName}`, {
      kind: 'producer',
      parent: parentOf(row, tracer),
      // The attempt that failed last is what this one answers to.
      links: row.traceparent === '' ? [] : [row.traceparent],
      attributes: { 'techno.dead_letter': row.id, 'techno.replay': row.replay, 'techno.actor': row.actor },
    });
    try {
      const { message, awaited } = replayMessage(row, span.traceparent, now());
      await transport.publish(message);
      onSent(row.actor);
      return { id: row.id, replayId: row.replayId ?? '', done: !awaited };
    } catch (error) {
      span.recordError('REPLAY_NOT_SENT', errorMessage(error));
      onProblem({ problem: errorMessage(error), messages: 1 });
      return undefined;
    } finally {
      span.end();
    }
  }

  return async (rows) => {
    if (rows.length === 0) return [];
    const sent = await Promise.all(rows.map(sendOne));
    await replays.published(sent.filter((one) => one !== undefined));
    return rows.filter((_row, index) => sent[index] === undefined);
  };
}

/** Where in its trace a replay hangs: below what the failed message came from. */
function parentOf({ headers, traceId, traceparent }: DeadLetterRow, tracer: Tracer): string | undefined {
  for (const candidate of [headers['traceparent'], traceparent]) {
    if (parseTraceparent(candidate) !== undefined) return candidate;
  }
  return traceId === undefined ? undefined : tracer.rootOf(traceId);
}
