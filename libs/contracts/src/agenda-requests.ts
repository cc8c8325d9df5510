import { z } from 'zod';
import {
  eventChange,
  eventInput,
  eventView,
  occurrenceView,
  reminderView,
  taskChange,
  taskInput,
  taskStatus,
  taskView,
} from './agenda.ts';
import { defineRequest } from './request.ts';

const time = z.string();
/** `owner` limits the request to what that principal owns: another's item looks like one that does not exist. */
const one = { id: z.string(), owner: z.string().optional() };
const page = {
  owner: z.string().optional(),
  recipient: z.string().optional(),
  from: time.optional(),
  to: time.optional(),
  cursor: z.string().optional(),
  limit: z.number().int().min(1).max(200),
};

/**
 * Makes an item of the principal `by`. Throws AGENDA_TIME_INVALID, AGENDA_ZONE_UNKNOWN, AGENDA_UID_TAKEN, CONTACT_UNKNOWN and, of an
 * event, RECURRENCE_INVALID.
 */
export const createEvent = defineRequest({
  service: 'scheduler',
  name: 'agenda.event.create',
  input: z.object({ by: z.string(), event: eventInput }),
  output: eventView,
});
export const createTask = defineRequest({
  service: 'scheduler',
  name: 'agenda.task.create',
  input: z.object({ by: z.string(), task: taskInput }),
  output: taskView,
});

/**
 * By first start. `from` and `to` keep the events with an occurrence that starts at or after, and before. A page may hold fewer than
 * `limit`; `next` says whether there is another. Throws AGENDA_CURSOR_INVALID.
 */
export const listEvents = defineRequest({
  service: 'scheduler',
  name: 'agenda.event.list',
  input: z.object(page),
  output: z.object({ events: z.array(eventView), next: z.string().optional() }),
});
/** By due time, those without one last. Throws AGENDA_CURSOR_INVALID. */
export const listTasks = defineRequest({
  service: 'scheduler',
  name: 'agenda.task.list',
  input: z.object({ ...page, status: taskStatus.optional() }),
  output: z.object({ tasks: z.array(taskView), next: z.string().optional() }),
});

const withReminders = { reminders: z.array(reminderView).describe('The latest 50, newest first') };
export const eventDetail = eventView.extend(withReminders);
export const taskDetail = taskView.extend(withReminders);

/** Throws AGENDA_ITEM_UNKNOWN, as do all that follow. */
export const getEvent = defineRequest({
  service: 'scheduler',
  name: 'agenda.event.get',
  input: z.object(one),
  output: eventDetail,
});
export const getTask = defineRequest({
  service: 'scheduler',
  name: 'agenda.task.get',
  input: z.object(one),
  output: taskDetail,
});

export const updateEvent = defineRequest({
  service: 'scheduler',
  name: 'agenda.event.update',
  input: z.object({ ...one, change: eventChange }),
  output: eventView,
});
export const updateTask = defineRequest({
  service: 'scheduler',
  name: 'agenda.task.update',
  input: z.object({ ...one, change: taskChange }),
  output: taskView,
});

export const deleteEvent = defineRequest({
  service: 'scheduler',
  name: 'agenda.event.delete',
  input: z.object(one),
  output: z.object({ deleted: z.boolean() }),
});
export const deleteTask = defineRequest({
  service: 'scheduler',
  name: 'agenda.task.delete',
  input: z.object(one),
  output: z.object({ deleted: z.boolean() }),
});

/** The occurrences of an event that start at or after `from` (default: now) and before `to`. */
export const listOccurrences = defineRequest({
  service: 'scheduler',
  name: 'agenda.event.occurrences',
  input: z.object({ ...one, from: time.optional(), to: time.optional(), limit: z.number().int().min(1).max(200) }),
  output: z.object({ occurrences: z.array(occurrenceView) }),
});

const calendarRefusal = z.object({
  uid: z.string().optional(),
  line: z.number().int().describe('Where the item begins'),
  code: z.string(),
  message: z.string(),
});
export const importedCalendar = z.object({
  created: z.number().int(),
  updated: z.number().int(),
  unchanged: z.number().int().describe('Known in a later version (SEQUENCE)'),
  removed: z.number().int().describe('Called off (STATUS:CANCELLED), and known'),
  refused: z.array(calendarRefusal).describe('Items that could not be taken; the others were'),
});

/**
 * Takes in the events and to-dos of an iCalendar file (RFC 5545) as items of `by`: one whose UID is known is updated. Throws
 * CALENDAR_INVALID, CALENDAR_TOO_LARGE, AGENDA_ZONE_UNKNOWN, CONTACT_UNKNOWN.
 */
export const importCalendar = defineRequest({
  service: 'scheduler',
  name: 'agenda.import',
  input: z.object({
    by: z.string(),
    calendar: z.string(),
    /** Of items that name none. */
    time_zone: z.string(),
    context_id: z.string(),
    /** Absent: known items keep theirs, new ones have none. */
    recipients: z.array(z.string()).optional(),
  }),
  output: importedCalendar,
});
