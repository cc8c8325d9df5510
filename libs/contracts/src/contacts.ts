import { z } from 'zod';
import { channelName, type ChannelName, severity } from './notifications.ts';
import { defineRequest } from './request.ts';

const time = z.string();
const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'HH:MM');
const e164 = z.string().max(32);

const contactId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, 'letters, digits, "_", "." and "-", at most 128');

/** Somebody who can be told something. Numbers are kept in E.164. */
export const contact = z.strictObject({
  name: z.string().max(200).default(''),
  addresses: z
    .strictObject({
      whatsapp: e164.optional(),
      email: z.string().max(320).optional(),
      sms: e164.optional(),
      webhook: z
        .url({ protocol: /^https?$/ })
        .max(2_048)
        .optional(),
    })
    .default({}),
  locale: z.string().max(35).default('en').describe('BCP 47; templates have pt-BR and en'),
  time_zone: z.string().max(64).default('UTC').describe('IANA name'),
  preferences: z
    .strictObject({
      channels: z.array(channelName).optional().describe('The order in which channels are tried'),
      by_severity: z.partialRecord(severity, z.array(channelName)).optional().describe('The same for one severity'),
      quiet_hours: z.strictObject({ from: clock, to: clock }).optional().describe('In the time zone; critical passes'),
      daily_brief: z
        .union([clock, z.literal('off')])
        .optional()
        .describe('When the day is told, in the time zone'),
    })
    .default({}),
  opted_out: z.array(channelName).default([]),
});
export type Contact = z.infer<typeof contact>;
export type ContactInput = z.input<typeof contact>;

export const contactView = contact.extend({
  id: z.string(),
  updated_at: time,
  suppressed: z.array(z.object({ channel: channelName, reason: z.string(), since: time })),
});
export type ContactView = z.infer<typeof contactView>;

/** Throws CONTACT_ADDRESS_INVALID, CONTACT_ZONE_INVALID. A changed address ends its suppression. */
export const putContact = defineRequest({
  service: 'notifier',
  name: 'contact.put',
  input: z.object({ id: contactId, contact }),
  output: contactView,
});
export const getContact = defineRequest({
  service: 'notifier',
  name: 'contact.get',
  input: z.object({ id: z.string() }),
  output: contactView,
});
export const listContacts = defineRequest({
  service: 'notifier',
  name: 'contact.list',
  input: z.object({ after: z.string().optional(), limit: z.number().int().min(1).max(200) }),
  output: z.object({ contacts: z.array(contactView), next: z.string().optional() }),
});
export const deleteContact = defineRequest({
  service: 'notifier',
  name: 'contact.delete',
  input: z.object({ id: z.string() }),
  output: z.object({ deleted: z.boolean() }),
});
/** The `whsec_` secret that webhooks to this contact are signed with. */
export const webhookSecretOf = defineRequest({
  service: 'notifier',
  name: 'contact.webhook_secret',
  input: z.object({ id: z.string() }),
  output: z.object({ secret: z.string() }),
});
/** Ends a suppression: the address may be tried again. */
export const unsuppress = defineRequest({
  service: 'notifier',
  name: 'contact.unsuppress',
  input: z.object({ id: z.string(), channel: channelName }),
  output: z.object({ ended: z.boolean() }),
});

export type Addresses = Partial<Record<ChannelName, string>>;
