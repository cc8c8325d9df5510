import {
  type ChannelName,
  CHANNELS,
  type Contact,
  type ContactView,
  deleteContact,
  getContact,
  listContacts,
  putContact,
  unsuppress,
  webhookSecretOf,
} from '@techno/contracts';
import { type Endpoint, endpoint } from '@techno/jetstream';
import { type Clock, TerminalError } from '@techno/kernel';
import type { Contacts, StoredContact, Suppression } from '@techno/storage';
import { webhookSecret } from '../channels/webhook.ts';
import { normalAddress } from '../contacts/address.ts';
import { isTimeZone } from '../contacts/quiet-hours.ts';

export interface ContactRequestDeps {
  readonly contacts: Contacts;
  readonly clock: Clock;
  readonly webhookKey: Buffer | undefined;
}

/** Contacts: kept with addresses in their normal form, shown with what of them is not tried any more. */
export function contactRequests({ contacts, clock, webhookKey }: ContactRequestDeps): Endpoint[] {
  async function existing(id: string): Promise<StoredContact> {
    const found = (await contacts.find([id])).get(id);
    if (found === undefined) throw new TerminalError('CONTACT_UNKNOWN', `there is no contact '${id}'`);
    return found;
  }

  async function views(found: readonly StoredContact[]): Promise<ContactView[]> {
    const suppressed = await contacts.suppressed(found.flatMap(({ contact }) => addressesOf(contact)));
    return found.map((one) => viewOf(one, suppressed));
  }

  const view = async (one: StoredContact): Promise<ContactView> => {
    const [shown] = await views([one]);
    if (shown === undefined) throw new Error('a view was asked for and none made');
    return shown;
  };

  return [
    endpoint(putContact, async ({ id, contact }) => {
      const normal = normalContact(contact);
      const before = (await contacts.find([id])).get(id);
      // A new address is a new chance; the same one stays as suppressed as it was.
      for (const { channel, address } of addressesOf(normal)) {
        if (before !== undefined && before.contact.addresses[channel] !== address) await contacts.unsuppress(channel, address);
      }
      await contacts.put(id, normal, new Date(clock.now()));
      return view(await existing(id));
    }),
    endpoint(getContact, async ({ id }) => view(await existing(id))),
    endpoint(listContacts, async ({ after, limit }) => {
      const rows = await contacts.list(after, limit + 1);
      const page = rows.slice(0, limit);
      return { contacts: await views(page), next: rows.length > limit ? page.at(-1)?.id : undefined };
    }),
    endpoint(deleteContact, async ({ id }) => ({ deleted: await contacts.remove(id) })),
    endpoint(webhookSecretOf, async ({ id }) => {
      await existing(id);
      if (webhookKey === undefined)
        throw new TerminalError('CHANNEL_NOT_CONFIGURED', 'the webhook channel has no CHANNEL_WEBHOOK_KEY');
      return { secret: webhookSecret(webhookKey, id) };
    }),
    endpoint(unsuppress, async ({ id, channel }) => {
      const address = (await existing(id)).contact.addresses[channel];
      return { ended: address !== undefined && (await contacts.unsuppress(channel, address)) };
    }),
  ];
}

/** With every address in its normal form. Throws TerminalError CONTACT_ADDRESS_INVALID, CONTACT_ZONE_INVALID. */
function normalContact(contact: Contact): Contact {
  if (!isTimeZone(contact.time_zone)) {
    throw new TerminalError('CONTACT_ZONE_INVALID', `there is no time zone '${contact.time_zone}'; use an IANA name`);
  }
  const addresses = Object.fromEntries(
    addressesOf(contact).map(({ channel, address }) => [channel, normalAddress(channel, address)]),
  );
  return { ...contact, addresses };
}

function addressesOf({ addresses }: Contact): { channel: ChannelName; address: string }[] {
  return CHANNELS.flatMap((channel) => {
    const address = addresses[channel];
    return address === undefined ? [] : [{ channel, address }];
  });
}

function viewOf({ id, contact, updatedAt }: StoredContact, suppressed: readonly Suppression[]): ContactView {
  return {
    ...contact,
    id,
    updated_at: updatedAt.toISOString(),
    suppressed: suppressed
      .filter(({ channel, address }) => contact.addresses[channel] === address)
      .map(({ channel, reason, since }) => ({ channel, reason, since: since.toISOString() })),
  };
}
