import { z } from 'zod';

const time = z.string();

/** Longest texts of an item, in UTF-16 units. A title goes into every reminder, so that it must fit an SMS. */
export const AGENDA_TEXT = { title: 200, location: 300, description: 10_000 } as const;
/** Most people reminded of one item. */
export const AGENDA_RECIPIENTS_MAX = 50;
/** Most dates left out of, added to or moved within one series. */
export const AGENDA_EXCEPTIONS_MAX = 500;

// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/;
const text = (longest: number, least = 0) =>
  z
    .string()
    .min(least)
    .max(longest)
    .refine((value) => !CONTROL.test(value), 'holds control characters');

const title = text(AGENDA_TEXT.title).refine((value) => value.trim() !== '', 'is empty');
const contextId = text(256, 1);
const zone = z.string().min(1).max(64).describe('IANA name: in which days begin and series go on, whatever the clocks do');
const moment = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()])
  .describe('RFC 3339, or a date for what takes whole days in the time zone');
const recipients = z
  .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, 'letters, digits, "_", "." and "-", at most 128'))
  .max(AGENDA_RECIPIENTS_MAX)
  .describe('Contacts who are reminded');
const uid = text(255, 1).describe("The item's name elsewhere; one owner has each once. Default: one of its own");

/** A series by the words of RFC 5545. */
export const recurrence = z.strictObject({
  rule: z.string().min(1).max(500).describe('RRULE, without its name: FREQ=WEEKLY;BYDAY=MO,WE'),
  except: z.array(moment).max(AGENDA_EXCEPTIONS_MAX).default([]).describe('Starts left out (EXDATE)'),
  extra: z.array(moment).max(AGENDA_EXCEPTIONS_MAX).default([]).describe('Starts besides the rule (RDATE)'),
});

export const eventInput = z.strictObject({
  title,
  description: text(AGENDA_TEXT.description).default(''),
  location: text(AGENDA_TEXT.location).default(''),
  starts_at: moment,
  ends_at: moment.optional().describe('Not before the start; of a date, the first day after it'),
  time_zone: zone.default('UTC'),
  recurrence: recurrence.optional(),
  recipients: recipients.default([]),
  context_id: contextId.default('default'),
  uid: uid.optional(),
});
export type EventInput = z.infer<typeof eventInput>;

/** What is not named stays. A changed start, rule or zone keeps which occurrences were reminded of. */
export const eventChange = z.strictObject({
  title: title.optional(),
  description: text(AGENDA_TEXT.description).optional(),
  location: text(AGENDA_TEXT.location).optional(),
  starts_at: moment.optional().describe('The end moves along unless it is given too'),
  ends_at: moment.nullable().optional(),
  time_zone: zone.optional(),
  recurrence: recurrence.nullable().optional(),
  recipients: recipients.optional(),
});
export type EventChange = z.infer<typeof eventChange>;

export const taskStatus = z.enum(['open', 'done']);

export const taskInput = z.strictObject({
  title,
  description: text(AGENDA_TEXT.description).default(''),
  due_at: moment.optional(),
  time_zone: zone.default('UTC'),
  recipients: recipients.default([]),
  context_id: contextId.default('default'),
  uid: uid.optional(),
});
export type TaskInput = z.infer<typeof taskInput>;

export const taskChange = z.strictObject({
  title: title.optional(),
  description: text(AGENDA_TEXT.description).optional(),
  due_at: moment.nullable().optional(),
  time_zone: zone.optional(),
  recipients: recipients.optional(),
  status: taskStatus.optional(),
});
export type TaskChange = z.infer<typeof taskChange>;

const shared = {
  id: z.string(),
  owner: z.string().describe('The principal that made it'),
  context_id: z.string(),
  uid: z.string(),
  title: z.string(),
  description: z.string(),
  all_day: z.boolean(),
  time_zone: z.string(),
  recipients: z.array(z.string()),
  created_at: time,
  updated_at: time,
};

export const eventView = z.object({
  ...shared,
  location: z.string(),
  starts_at: time.describe('Of the first occurrence'),
  ends_at: time.optional(),
  recurrence: z
    .object({
      rule: z.string().optional().describe('Absent where dates alone make the series'),
      except: z.array(time),
      extra: z.array(time),
      moved: z.array(
        z.object({
          from: time.describe('When the rule has it (RECURRENCE-ID)'),
          to: time.optional().describe('Absent where it is cancelled'),
        }),
      ),
    })
    .optional(),
  next_starts_at: time.optional().describe('Of the next occurrence; absent where there is none any more'),
});
export type EventView = z.infer<typeof eventView>;

export const taskView = z.object({
  ...shared,
  status: taskStatus,
  due_at: time.optional(),
  completed_at: time.optional(),
});
export type TaskView = z.infer<typeof taskView>;

/** Whom the item was announced to, and for when. */
export const reminderView = z.object({
  recipient: z.string(),
  occurrence: z.string().describe('`once`, or which one of a series: its day, however its hour moved'),
  starts_at: time.describe('The start that was announced'),
  notification_id: z.string(),
  status: z
    .enum(['claimed', 'told', 'heard', 'lost'])
    .describe('heard: the notifier has it; lost: it was sent again and the notifier still knows nothing of it'),
  claimed_at: time,
});

export const occurrenceView = z.object({
  occurrence: z.string(),
  starts_at: time,
  ends_at: time.optional(),
  title: z.string(),
  location: z.string(),
});
