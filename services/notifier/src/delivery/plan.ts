import { type ChannelName, CHANNELS, type Contact, type Severity } from '@techno/contracts';
import { quietUntil } from '../contacts/quiet-hours.ts';

/** The channels of a delivery, in their order: as the notification says, else as the contact prefers, else the usual one. */
export function channelOrder(contact: Contact, severity: Severity, asked: readonly ChannelName[] | undefined): ChannelName[] {
  const { by_severity: bySeverity, channels } = contact.preferences;
  return [...new Set(asked ?? bySeverity?.[severity] ?? channels ?? CHANNELS)];
}

export type Preflight =
  | { readonly kind: 'send'; readonly address: string }
  /** This channel cannot be used for this recipient. Never a failure. */
  | { readonly kind: 'skip'; readonly code: SkipCode }
  | { readonly kind: 'wait'; readonly until: Date };

export type SkipCode = 'ADDRESS_MISSING' | 'OPTED_OUT' | 'ADDRESS_SUPPRESSED' | 'CHANNEL_NOT_CONFIGURED' | 'CONTACT_GONE';

/** Whether a message may go out on this channel to this contact, now. */
export function preflight(
  contact: Contact | undefined,
  channel: ChannelName,
  severity: Severity,
  facts: { readonly configured: boolean; readonly suppressed: boolean; readonly nowMs: number },
): Preflight {
  if (contact === undefined) return { kind: 'skip', code: 'CONTACT_GONE' };
  const address = contact.addresses[channel];
  if (address === undefined) return { kind: 'skip', code: 'ADDRESS_MISSING' };
  if (contact.opted_out.includes(channel)) return { kind: 'skip', code: 'OPTED_OUT' };
  if (!facts.configured) return { kind: 'skip', code: 'CHANNEL_NOT_CONFIGURED' };
  if (facts.suppressed) return { kind: 'skip', code: 'ADDRESS_SUPPRESSED' };
  const hours = contact.preferences.quiet_hours;
  const until = severity === 'critical' || hours === undefined ? undefined : quietUntil(facts.nowMs, contact.time_zone, hours);
  return until === undefined ? { kind: 'send', address } : { kind: 'wait', until: new Date(until) };
}
