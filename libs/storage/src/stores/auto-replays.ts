import type { AutoReplayRule } from '@techno/contracts';
import type { Database } from '../database.ts';
import { type DeadLetterRow, rowOf, type StoredDeadLetter } from './dead-letter-rows.ts';

/** What the policy's rules say about pending dead letters: when each is due. */
export interface AutoReplays {
  /** Gives a due time to those without one that the rule fits, at most `limit`. */
  schedule(rule: AutoReplayRule, limit: number): Promise<number>;
  /** Pending ones whose time has come, oldest first. */
  due(limit: number): Promise<DeadLetterRow[]>;
  /** Another time for some; undefined: none, no rule fits any more. */
  postpone(ids: readonly number[], until: Date | undefined): Promise<void>;
}

export function createAutoReplays(database: Database): AutoReplays {
  return {
    async schedule(rule, limit) {
      const rows = await database.query(
        {
          name: 'dlq-auto-schedule',
          text: `update worker_dlq d set scheduled_for = case when d.retry_count >= $6 then now() else d.last_failure_at + $4 * interval '1 millisecond' end
            where d.id = any(array(select id from worker_dlq where status = 'pending' and scheduled_for is null and not quarantined
              and error_code like any($1::text[]) and actor like any($2::text[]) and ($3::text[] is null or error_kind = any($3::text[]))
              order by id limit $5 for update skip locked)) returning id`,
        },
        [rule.codes.map(likeOf), rule.actors.map(likeOf), rule.kinds ?? null, rule.delayMs, limit, rule.maxAttempts],
      );
      return rows.length;
    },
    async due(limit) {
      const rows = await database.query<StoredDeadLetter>(
        {
          name: 'dlq-auto-due',
          text: `select * from worker_dlq where status = 'pending' and scheduled_for <= now() order by scheduled_for, id limit $1`,
        },
        [limit],
      );
      return rows.map(rowOf);
    },
    async postpone(ids, until) {
      if (ids.length === 0) return;
      await database.query(
        {
          name: 'dlq-auto-postpone',
          text: `update worker_dlq set scheduled_for = $2 where id = any($1::bigint[]) and status = 'pending'`,
        },
        [ids, until ?? null],
      );
    },
  };
}

/** `*` at the end stands for anything; the rest is literal. */
function likeOf(pattern: string): string {
  return pattern.replaceAll(/[\\%_]/g, (character) => `\\${character}`).replace(/\*$/, '%');
}
