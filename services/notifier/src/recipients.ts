import { contact, type Contact, type Recipient } from '@techno/contracts';
import { normalAddress } from './contacts/address.ts';

/** What is known of somebody whose address was given outright. Throws TerminalError CONTACT_ADDRESS_INVALID. */
export function contactOf(given: Exclude<Recipient, string>): Contact {
  return contact.parse({
    addresses: { [given.channel]: normalAddress(given.channel, given.address) },
    ...(given.locale === undefined ? {} : { locale: given.locale }),
    ...(given.time_zone === undefined ? {} : { time_zone: given.time_zone }),
    preferences: { channels: [given.channel] },
  });
}

/** By which a recipient is known: its contact's id, or its address. */
export function recipientKey(recipient: Recipient): string {
  return typeof recipient === 'string'
    ? recipient
    : `${recipient.channel}:${normalAddress(recipient.channel, recipient.address)}`;
}
