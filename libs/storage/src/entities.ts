import { type InferEntity, defineEntity, p } from '@mikro-orm/core';

/** An API key as stored: its keyed hash, never the key. */
export const ApiKey = defineEntity({
  name: 'ApiKey',
  tableName: 'api_keys',
  properties: {
    id: p.text().primary(),
    hash: p.text().unique(),
    hint: p.text(),
    name: p.text(),
    role: p.text(),
    contexts: p.array(),
    allowedAddresses: p.array().fieldName('allowed_addresses'),
    perMinute: p.integer().nullable().fieldName('per_minute'),
    perDay: p.integer().nullable().fieldName('per_day'),
    root: p.boolean(),
    createdAt: p
      .datetime()
      .fieldName('created_at')
      .onCreate(() => new Date()),
    createdBy: p.text().fieldName('created_by'),
    expiresAt: p.datetime().nullable().fieldName('expires_at'),
    revokedAt: p.datetime().nullable().fieldName('revoked_at'),
    replacedBy: p.text().nullable().fieldName('replaced_by'),
  },
});
export type ApiKey = InferEntity<typeof ApiKey>;

/** One revision of the policy. Never changed, only followed by another. */
export const PolicyRevision = defineEntity({
  name: 'PolicyRevision',
  tableName: 'policies',
  properties: {
    revision: p.integer().primary().autoincrement(false),
    document: p.type('json').$type<unknown>(),
    note: p.text(),
    appliedBy: p.text().fieldName('applied_by'),
    appliedAt: p
      .datetime()
      .fieldName('applied_at')
      .onCreate(() => new Date()),
  },
});
export type PolicyRevision = InferEntity<typeof PolicyRevision>;

/** Where webhooks may come from. Secrets are sealed before they get here. */
export const WebhookSource = defineEntity({
  name: 'WebhookSource',
  tableName: 'webhook_sources',
  properties: {
    source: p.text().primary(),
    scheme: p.text(),
    header: p.text().nullable(),
    sealedSecrets: p.array().fieldName('sealed_secrets'),
    action: p.text(),
    contextId: p.text().fieldName('context_id'),
    mapping: p.type('json').$type<unknown>(),
    enabled: p.boolean(),
    updatedAt: p
      .datetime()
      .fieldName('updated_at')
      .onCreate(() => new Date())
      .onUpdate(() => new Date()),
  },
});
export type WebhookSource = InferEntity<typeof WebhookSource>;

export const entities = [ApiKey, PolicyRevision, WebhookSource];
