import {
  type DeadLetterFilter,
  discardDeadLetters,
  exportDeadLetters,
  findDeadLetter,
  groupDeadLetters,
  listDeadLetters,
  purgeDeadLetters,
  replayDeadLetter,
} from '@techno/contracts';
import { type Endpoint, endpoint } from '@techno/jetstream';
import { newId, TerminalError } from '@techno/kernel';
import type { DeadLetterEvents, DeadLetterRow, DeadLetters, Replays } from '@techno/storage';
import { jsonDiff } from '../json-diff.ts';
import { statusesFor } from '../lifecycle.ts';
import { purge } from '../loops/retention.ts';
import { editedPayload, isReplayable } from '../replay-message.ts';
import type { SendReplays } from '../replayer.ts';
import { detailOf, groupOf, viewOf, wholeOf } from '../views.ts';

export interface DeadLetterRequestDeps {
  readonly deadLetters: DeadLetters;
  readonly events: DeadLetterEvents;
  readonly replays: Replays;
  readonly send: SendReplays;
  readonly now: () => number;
}

/** An answer travels as one message, of at most 1 MiB. */
const EXPORT_BYTES = 512 * 1024;

const DISCARDED_AT_ONCE = 5_000;

/** What the gateway asks about dead letters, and does to them one by one. */
export function deadLetterRequests(deps: DeadLetterRequestDeps): Endpoint[] {
  const { deadLetters, events, replays, send, now } = deps;

  async function known(id: number): Promise<DeadLetterRow> {
    const row = await deadLetters.find(id);
    if (row === undefined) throw new TerminalError('DEAD_LETTER_UNKNOWN', `there is no dead letter ${id}`);
    return row;
  }

  return [
    endpoint(listDeadLetters, async ({ filter, before, limit }) => {
      const rows = await deadLetters.list(filter, { before, limit: limit + 1 });
      const page = rows.slice(0, limit);
      return { dead_letters: page.map(viewOf), next: rows.length > limit ? page.at(-1)?.id : undefined };
    }),

    endpoint(groupDeadLetters, async ({ filter, limit }) => ({
      groups: (await deadLetters.groups(filter, limit)).map(groupOf),
    })),

    endpoint(findDeadLetter, async ({ id }) => detailOf(await known(id), await events.of(id))),

    endpoint(exportDeadLetters, async ({ filter, after, limit }) => {
      const rows = await deadLetters.list(filter, { after: after ?? 0, limit: limit + 1 });
      const page = fitting(rows.slice(0, limit));
      return { dead_letters: page.map(wholeOf), next: rows.length > page.length ? page.at(-1)?.id : undefined };
    }),

    endpoint(replayDeadLetter, async ({ by, id, payload, edited, reopen }) => {
      const row = await known(id);
      if (!edited && !isReplayable(row)) {
        throw new TerminalError('DEAD_LETTER_NOT_REPLAYABLE', `dead letter ${id} holds no text that could be sent; edit it`);
      }
      const from = [...statusesFor({ kind: 'replay_started' }), ...(reopen ? statusesFor({ kind: 'reopened' }) : [])];
      const claim = { by, prefix: newId('rp', now()), from };
      const claimed = await replays.claimOne(id, claim, edited ? editOf(row, payload) : undefined);
      if (claimed === undefined) throw conflict(id, (await known(id)).status);
      await send([claimed]);
      return viewOf(await known(id));
    }),

    endpoint(discardDeadLetters, async ({ by, reason, id, filter, dry_run }) => {
      const from = statusesFor({ kind: 'discarded' });
      if (id === undefined) {
        if (dry_run) return { count: await countIn(deadLetters, filter ?? {}, from) };
        let count = 0;
        // In pieces: one statement over all of them might not end in its time.
        for (let discarded = DISCARDED_AT_ONCE; discarded === DISCARDED_AT_ONCE; count += discarded)
          discarded = await replays.discard(filter ?? {}, { from, by, reason, limit: DISCARDED_AT_ONCE });
        return { count };
      }
      const row = await known(id);
      if (!from.includes(row.status)) throw conflict(id, row.status);
      const settled = await replays.settle([
        { ...row, from: row.status, to: 'discarded', action: 'discarded', by, reason, code: undefined },
      ]);
      if (!settled.has(id)) throw conflict(id, (await known(id)).status);
      return { count: 1 };
    }),

    endpoint(purgeDeadLetters, async ({ by, status, older_than, dry_run }) => {
      const before = new Date(older_than);
      if (dry_run) return { count: await deadLetters.purge(status, before, { dryRun: true, limit: 0 }) };
      return { count: await purge(deps, { status, before, by }) };
    }),
  ];
}

function editOf(row: DeadLetterRow, payload: unknown): { payload: string; diff: unknown } {
  const { before, text } = editedPayload(row, payload);
  return { payload: text, diff: jsonDiff(before, payload) };
}

function conflict(id: number, status: string): TerminalError {
  return new TerminalError('DEAD_LETTER_STATE', `dead letter ${id} is ${status}`);
}

async function countIn(
  deadLetters: DeadLetters,
  filter: DeadLetterFilter,
  statuses: readonly DeadLetterRow['status'][],
): Promise<number> {
  const wanted = statuses.filter((status) => filter.status === undefined || filter.status === status);
  const counts = await Promise.all(wanted.map((status) => deadLetters.countByActor({ ...filter, status })));
  return counts.flat().reduce((sum, { count }) => sum + count, 0);
}

/** The first ones that fit one answer; at least one. */
function fitting(rows: readonly DeadLetterRow[]): DeadLetterRow[] {
  let bytes = 0;
  return rows.filter((row, index) => {
    bytes += Buffer.byteLength(row.payload) + Buffer.byteLength(row.errorStack ?? '') + 2_048;
    return index === 0 || bytes <= EXPORT_BYTES;
  });
}
