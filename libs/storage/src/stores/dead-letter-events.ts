import type { Database } from '../database.ts';

/** One line of the history of a dead letter, a replay job or the whole store. */
export interface DeadLetterEvent {
  readonly id: number;
  readonly deadLetterId: number | undefined;
  readonly at: Date;
  readonly action: string;
  readonly by: string;
  readonly traceId: string | undefined;
  readonly replay: number;
  readonly data: Record<string, unknown>;
}

/** The history, which is also the outbox of the audit trail: a line is written with the change it tells of, and published after. */
export interface DeadLetterEvents {
  of(deadLetterId: number): Promise<DeadLetterEvent[]>;
  /**
   * Hands over what the trail has not been told, in order, and marks it when `tell` has resolved. One process at a time tells; gives how
   * many that were.
   */
  tell(limit: number, tell: (events: readonly DeadLetterEvent[]) => Promise<void>): Promise<number>;
  /** Notes what concerns no single dead letter. */
  note(event: { action: string; by: string; traceId: string; data: Record<string, unknown> }): Promise<void>;
}

type Stored = {
  id: string;
  dead_letter_id: string | null;
  at: Date;
  action: string;
  by: string;
  trace_id: string | null;
  replay: number;
  data: Record<string, unknown>;
};

/** Any fixed number: all tellers of one database take the same lock. */
const TELLER_LOCK = 7_264_002;

const COLUMNS = 'id, dead_letter_id, at, action, by, trace_id, replay, data';

export function createDeadLetterEvents(database: Database): DeadLetterEvents {
  return {
    async of(deadLetterId) {
      const rows = await database.query<Stored>(
        { name: 'dlq-events-of', text: `select ${COLUMNS} from worker_dlq_events where dead_letter_id = $1 order by id` },
        [deadLetterId],
      );
      return rows.map(eventOf);
    },
    tell: (limit, tell) =>
      database.transaction(async (query) => {
        // The statement sees what was before it took the lock, which may be before its last holder's marks: `for update` looks again.
        const rows = await query<Stored>(
          {
            name: 'dlq-events-unaudited',
            text: `select ${COLUMNS} from worker_dlq_events where not audited and (select pg_try_advisory_xact_lock(${TELLER_LOCK}))
              order by id limit $1 for update`,
          },
          [limit],
        );
        if (rows.length === 0) return 0;
        await tell(rows.map(eventOf));
        await query(
          { name: 'dlq-events-audited', text: 'update worker_dlq_events set audited = true where id = any($1::bigint[])' },
          [rows.map(({ id }) => id)],
        );
        return rows.length;
      }),
    async note({ action, by, traceId, data }) {
      await database.query(
        {
          name: 'dlq-events-note',
          text: `insert into worker_dlq_events (action, by, trace_id, data, audited) values ($1, $2, $3, $4, false)`,
        },
        [action, by, traceId, JSON.stringify(data)],
      );
    },
  };
}

function eventOf(row: Stored): DeadLetterEvent {
  return {
    id: Number(row.id),
    deadLetterId: row.dead_letter_id === null ? undefined : Number(row.dead_letter_id),
    at: row.at,
    action: row.action,
    by: row.by,
    traceId: row.trace_id ?? undefined,
    replay: row.replay,
    data: row.data,
  };
}
