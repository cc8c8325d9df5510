import { notificationRequest } from '@techno/contracts';
import { z } from 'zod';
import { alertNotification } from './alerts.ts';
import { renderTemplate, templateProblem } from './payload-template.ts';
import { WEBHOOK_SCHEME_NAMES } from './scheme.ts';
import { webhookSchemes } from './schemes/index.ts';

/** The `{source}` of the path, and the key under which the policy gives it a role. */
export const webhookSourceName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_.-]{0,63}$/, 'lower-case letters, digits, "_", "." and "-", at most 64');

const template = z.record(z.string(), z.unknown()).superRefine((value, context) => {
  const problem = templateProblem(value);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

const payloadMapping = z.union([
  z.literal('body').describe('The JSON body is the payload'),
  z
    .strictObject({ wrap: z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/) })
    .describe('The JSON body becomes the one field of that name, for senders whose body is a list'),
  z.strictObject({ template }).describe('An object in which {{body.a.b}} is replaced by that value'),
  z
    .strictObject({ alerts: z.strictObject({ recipients: notificationRequest.shape.recipients }) })
    .describe("Alertmanager's webhook becomes a notification to these recipients: the payload of `notify`"),
]);

/** A webhook source as an administrator configures it. Secrets are sealed before they are stored and never read back. */
export const webhookSource = z
  .strictObject({
    scheme: z.enum(WEBHOOK_SCHEME_NAMES),
    secrets: z.array(z.string()).min(1).max(5).describe('The live secrets; add the new one first and drop the old one later'),
    header: z
      .string()
      .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/, 'a header name')
      .optional()
      .describe("Where the signature or token is read, instead of the scheme's own header"),
    action: z.string().min(1).max(128),
    context_id: z.string().min(1).max(256),
    payload: payloadMapping.default('body'),
    enabled: z.boolean().default(true),
  })
  .check((context) => {
    const source = context.value;
    const scheme = webhookSchemes[source.scheme];
    // `input` names no secret: issues are answered and logged.
    const complain = (path: (string | number)[], message: string) =>
      context.issues.push({ code: 'custom', path, message, input: undefined });
    source.secrets.forEach((secret, index) => {
      if (!scheme.isUsableSecret(secret)) complain(['secrets', index], `expected ${scheme.secretRule}`);
      if (source.secrets.indexOf(secret) !== index) complain(['secrets', index], 'the same secret twice');
    });
    if (source.header !== undefined && scheme.defaultHeader === undefined) {
      complain(['header'], `the scheme '${scheme.name}' fixes its headers`);
    }
  });
export type WebhookSource = z.infer<typeof webhookSource>;

/** The payload of the action that a verified delivery asks for. `parsedBody` is the JSON of its raw body. Throws TerminalError ALERTS_INVALID. */
export function toPayload(source: Pick<WebhookSource, 'payload'>, parsedBody: unknown): unknown {
  const mapping = source.payload;
  if (mapping === 'body') return parsedBody;
  if ('wrap' in mapping) return { [mapping.wrap]: parsedBody };
  if ('alerts' in mapping) return alertNotification(parsedBody, mapping.alerts.recipients);
  return renderTemplate(mapping.template, parsedBody);
}
