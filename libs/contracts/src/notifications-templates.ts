import { z } from 'zod';
import { channelName } from './notifications.ts';
import { defineRequest } from './request.ts';

const time = z.string();
const part = z.string().min(1).max(100_000);

/** The words of one locale. Liquid: `{{ name }}`, `{% if %}`, `{% for %}`. Values are escaped for where they go. */
export const templateWords = z.strictObject({
  subject: z.string().min(1).max(500).optional().describe('Of e-mail; the first line of the text where absent'),
  text: part.describe('For every channel that has no words of its own'),
  html: part.optional().describe('Of e-mail, beside the text'),
  whatsapp: part.optional(),
  sms: part.optional(),
});
export type TemplateWords = z.infer<typeof templateWords>;

export const template = z.strictObject({
  default_locale: z.string().max(35).default('en'),
  locales: z.record(z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/), templateWords),
});
export type Template = z.infer<typeof template>;

export const templateName = z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,63}$/, 'lower-case letters, digits, "_", "." and "-"');

export const templateView = template.extend({
  name: z.string(),
  version: z.number().int(),
  variables: z.array(z.string()).describe('What the words refer to'),
  created_at: time,
  created_by: z.string(),
});
export type TemplateView = z.infer<typeof templateView>;

/** Stores the next version. Throws TEMPLATE_SYNTAX where the words cannot be read, TEMPLATE_LOCALE_MISSING without its default locale. */
export const putTemplate = defineRequest({
  service: 'notifier',
  name: 'template.put',
  input: z.object({ by: z.string(), name: templateName, template }),
  output: templateView,
});
export const getTemplate = defineRequest({
  service: 'notifier',
  name: 'template.get',
  input: z.object({ name: z.string(), version: z.number().int().optional() }),
  output: templateView,
});
export const listTemplates = defineRequest({
  service: 'notifier',
  name: 'template.list',
  input: z.object({}),
  output: z.object({ templates: z.array(templateView.pick({ name: true, version: true, variables: true, created_at: true })) }),
});

export const renderedView = z.object({
  channel: channelName,
  locale: z.string(),
  subject: z.string().optional(),
  text: z.string(),
  html: z.string().optional(),
});

/** What would be sent, on every channel, without sending it. */
export const previewTemplate = defineRequest({
  service: 'notifier',
  name: 'template.preview',
  input: z.object({
    name: z.string(),
    version: z.number().int().optional(),
    locale: z.string(),
    data: z.record(z.string(), z.unknown()),
  }),
  output: z.object({ version: z.number().int(), rendered: z.array(renderedView) }),
});
