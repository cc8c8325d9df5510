import { type Clock, TerminalError } from '@techno/kernel';
import type { Agenda, AgendaKind, Briefs, Reminders } from '@techno/storage';

export interface AgendaDeps {
  readonly agenda: Agenda;
  readonly reminders: Pick<Reminders, 'ofItem'>;
  readonly briefs: Pick<Briefs, 'settingsOf'>;
  readonly clock: Clock;
}

export const REMINDERS_SHOWN = 50;

export function unknownItem(kind: AgendaKind, id: string): never {
  throw new TerminalError('AGENDA_ITEM_UNKNOWN', `there is no ${kind} ${id} that you may see`);
}

export function uidTaken(uid: string): TerminalError {
  return new TerminalError('AGENDA_UID_TAKEN', `you have an item with the uid '${uid}' already`);
}

/** Throws TerminalError CONTACT_UNKNOWN that names one who is not there. */
export async function requireContacts(briefs: AgendaDeps['briefs'], recipients: readonly string[]): Promise<void> {
  const known = await briefs.settingsOf(recipients);
  const missing = recipients.find((id) => !known.has(id));
  if (missing !== undefined) throw new TerminalError('CONTACT_UNKNOWN', `there is no contact '${missing}'`);
}
