import type { ChannelName } from '@techno/contracts';
import type { Database } from '../database.ts';
import { type Delivery, DELIVERY_COLUMNS, deliveryOf, type DeliveryRow } from './delivery-rows.ts';

type Query = Parameters<Parameters<Database['transaction']>[0]>[0];

export interface Claim {
  readonly channel: ChannelName;
  readonly now: Date;
  readonly limit: number;
  /** One is wanted to see whether the provider works: the one that was tried least, so that it is not the same each time. */
  readonly trial?: boolean;
  /** Nobody else takes what was claimed before this is over. */
  readonly leaseMs: number;
  /** How many may go out: the time the pace has reached in, the permitted number and the time it reaches with `taken` out. */
  readonly pace: {
    allowed(reachedMs: number): number;
    after(reachedMs: number, taken: number): number;
  };
  /** Rest between two messages to one recipient on this channel. */
  readonly recipientRestMs: number;
}

const ANY_DUE = {
  name: 'deliveries-any-due',
  text: `select 1 from deliveries where state = 'QUEUED' and channel = $1 and due_at <= $2 limit 1`,
};

/** Takes what is due on a channel, see `Deliveries`. */
export async function claimDue(database: Database, claim: Claim): Promise<Delivery[]> {
  // Asked after every delivery, and often nothing is: one round trip instead of six.
  const [due] = await database.query(ANY_DUE, [claim.channel, claim.now]);
  return due === undefined ? [] : database.transaction((query) => claimIn(query, claim));
}

async function claimIn(
  query: Query,
  { channel, now, limit, trial = false, leaseMs, pace, recipientRestMs }: Claim,
): Promise<Delivery[]> {
  const key = `channel:${channel}`;
  await query({ name: 'paces-begin', text: 'insert into paces (key, next_at) values ($1, $2) on conflict do nothing' }, [
    key,
    now,
  ]);
  // Whoever claims on this channel holds this row: claims of all replicas follow one another.
  const [reached] = await query<{ next_at: Date }>(
    { name: 'paces-hold', text: 'select next_at from paces where key = $1 for update' },
    [key],
  );
  const reachedMs = reached?.next_at.getTime() ?? now.getTime();
  const most = Math.min(limit, pace.allowed(reachedMs));
  if (most <= 0) return [];
  // A plan made while the table was empty reads all of it for each row, and after an outage there are many.
  await query(
    {
      name: 'deliveries-plan',
      text: `select set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true)`,
    },
    [],
  );
  const due = await query<{ id: string; recipient: string }>(
    {
      name: 'deliveries-claim',
      text: `select d.id, d.recipient from deliveries d
        where d.state = 'QUEUED' and d.channel = $1 and d.due_at <= $2
          and not exists (select 1 from deliveries e where e.recipient = d.recipient and e.channel = $1 and e.state in ('QUEUED', 'SENDING')
            and (e.state = 'SENDING' or (e.tier = 'fast' and e.seq < d.seq)))
          and not exists (select 1 from paces p where p.key = 'lane:' || $1 || ':' || d.recipient and p.next_at > $2)
        order by case when $4 then d.attempts end, d.urgency desc, d.seq limit $3 for update of d skip locked`,
    },
    [channel, now, most, trial],
  );
  // A held one that has come due may stand beside a younger one of the same recipient: only the first goes.
  const first = new Map<string, string>();
  for (const { id, recipient } of due) if (!first.has(recipient)) first.set(recipient, id);
  if (first.size === 0) return [];
  const taken = await query<DeliveryRow>(
    {
      name: 'deliveries-claim-read',
      text: `select ${DELIVERY_COLUMNS} from deliveries d join notifications n on n.id = d.notification_id
        where d.id = any($1::text[]) order by d.urgency desc, d.seq`,
    },
    [[...first.values()]],
  );
  await query(
    {
      name: 'deliveries-claimed',
      text: `update deliveries set state = 'SENDING', fence = fence + 1, leased_until = $2 where id = any($1::text[])`,
    },
    [taken.map(({ id }) => id), new Date(now.getTime() + leaseMs)],
  );
  await query({ name: 'paces-move', text: 'update paces set next_at = $2 where key = $1' }, [
    key,
    new Date(pace.after(reachedMs, taken.length)),
  ]);
  if (recipientRestMs > 0) {
    await query(
      {
        name: 'paces-rest',
        text: `insert into paces (key, next_at) select k, $2 from unnest($1::text[]) as k
          on conflict (key) do update set next_at = excluded.next_at`,
      },
      [taken.map(({ recipient }) => `lane:${channel}:${recipient}`), new Date(now.getTime() + recipientRestMs)],
    );
  }
  return taken.map((row) => deliveryOf({ ...row, state: 'SENDING', fence: row.fence + 1 }));
}
