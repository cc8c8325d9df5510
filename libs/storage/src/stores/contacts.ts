import type { ChannelName, Contact } from '@techno/contracts';
import type { Database } from '../database.ts';

export interface StoredContact {
  readonly id: string;
  readonly contact: Contact;
  readonly updatedAt: Date;
}

export interface Suppression {
  readonly channel: ChannelName;
  readonly address: string;
  readonly reason: string;
  readonly since: Date;
}

/** People and their addresses, and the addresses that are not to be tried again. */
export interface Contacts {
  put(id: string, contact: Contact, at: Date): Promise<void>;
  find(ids: readonly string[]): Promise<Map<string, StoredContact>>;
  /** By id, from the one after `after`. */
  list(after: string | undefined, limit: number): Promise<StoredContact[]>;
  remove(id: string): Promise<boolean>;
  /** Keeps the first reason. */
  suppress(suppression: Suppression): Promise<void>;
  unsuppress(channel: ChannelName, address: string): Promise<boolean>;
  suppressed(addresses: readonly { channel: ChannelName; address: string }[]): Promise<Suppression[]>;
}

type Row = { id: string; document: Contact; updated_at: Date };
const stored = ({ id, document, updated_at }: Row): StoredContact => ({ id, contact: document, updatedAt: updated_at });

export function createContacts(database: Database): Contacts {
  return {
    async put(id, contact, at) {
      await database.query(
        {
          name: 'contacts-put',
          text: `insert into contacts (id, document, updated_at) values ($1, $2, $3)
            on conflict (id) do update set document = excluded.document, updated_at = excluded.updated_at`,
        },
        [id, JSON.stringify(contact), at],
      );
    },
    async find(ids) {
      if (ids.length === 0) return new Map();
      const rows = await database.query<Row>(
        { name: 'contacts-find', text: 'select id, document, updated_at from contacts where id = any($1::text[])' },
        [ids],
      );
      return new Map(rows.map((row) => [row.id, stored(row)]));
    },
    async list(after, limit) {
      const rows = await database.query<Row>(
        {
          name: 'contacts-list',
          text: 'select id, document, updated_at from contacts where id > $1 order by id limit $2',
        },
        [after ?? '', limit],
      );
      return rows.map(stored);
    },
    async remove(id) {
      const rows = await database.query({ name: 'contacts-remove', text: 'delete from contacts where id = $1 returning id' }, [
        id,
      ]);
      return rows.length > 0;
    },
    async suppress({ channel, address, reason, since }) {
      await database.query(
        {
          name: 'suppress',
          text: 'insert into suppressions (channel, address, reason, since) values ($1, $2, $3, $4) on conflict do nothing',
        },
        [channel, address, reason, since],
      );
    },
    async unsuppress(channel, address) {
      const rows = await database.query(
        { name: 'unsuppress', text: 'delete from suppressions where channel = $1 and address = $2 returning channel' },
        [channel, address],
      );
      return rows.length > 0;
    },
    async suppressed(addresses) {
      if (addresses.length === 0) return [];
      return database.query<{ channel: ChannelName; address: string; reason: string; since: Date }>(
        {
          name: 'suppressed',
          text: `select s.channel, s.address, s.reason, s.since from suppressions s
            join unnest($1::text[], $2::text[]) as k(channel, address) using (channel, address)`,
        },
        [addresses.map(({ channel }) => channel), addresses.map(({ address }) => address)],
      );
    },
  };
}
