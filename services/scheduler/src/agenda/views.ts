import type { EventView, TaskView } from '@techno/contracts';
import type { AgendaItem, StoredReminder } from '@techno/storage';
import { nextOccurrence } from './occurrences.ts';

const sharedOf = (item: AgendaItem) => ({
  id: item.id,
  owner: item.owner,
  context_id: item.contextId,
  uid: item.uid,
  title: item.title,
  description: item.description,
  all_day: item.allDay,
  time_zone: item.timeZone,
  recipients: [...item.recipients],
  created_at: item.createdAt.toISOString(),
  updated_at: item.updatedAt.toISOString(),
});

export function eventViewOf(item: AgendaItem, nowMs: number): EventView {
  const next = nextOccurrence(item, nowMs);
  const { recurrence } = item;
  return {
    ...sharedOf(item),
    location: item.location,
    starts_at: item.startsAt?.toISOString() ?? '',
    ends_at: item.endsAt?.toISOString(),
    recurrence: recurrence && {
      rule: recurrence.rule,
      except: [...recurrence.except],
      extra: [...recurrence.extra],
      moved: recurrence.moved.map(({ from, to }) => ({ from, to })),
    },
    next_starts_at: next && new Date(next.startsMs).toISOString(),
  };
}

export function taskViewOf(item: AgendaItem): TaskView {
  return {
    ...sharedOf(item),
    status: item.completedAt === undefined ? 'open' : 'done',
    due_at: item.startsAt?.toISOString(),
    completed_at: item.completedAt?.toISOString(),
  };
}

export function reminderViewOf(reminder: StoredReminder) {
  return {
    recipient: reminder.recipient,
    occurrence: reminder.occurrence,
    starts_at: reminder.startsAt.toISOString(),
    notification_id: `ntf_${reminder.key}`,
    status: reminder.status,
    claimed_at: reminder.claimedAt.toISOString(),
  };
}
