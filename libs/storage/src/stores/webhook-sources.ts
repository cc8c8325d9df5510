import { createBatcher } from '../batcher.ts';
import type { Database } from '../database.ts';
import type { WebhookSource } from '../entities.ts';
import { guarded } from './credentials.ts';

export interface WebhookRejection {
  readonly source: string;
  readonly reason: string;
  readonly messageId: string | undefined;
  readonly bytes: number;
}

export interface WebhookSources {
  all(): Promise<WebhookSource[]>;
  put(source: Omit<WebhookSource, 'updatedAt'>): Promise<void>;
  remove(source: string): Promise<boolean>;
  /** Keeps why a request was refused, never what was in it. */
  reject(rejection: WebhookRejection): Promise<void>;
  rejections(source: string | undefined, limit: number): Promise<(WebhookRejection & { rejectedAt: string })[]>;
  /** Rejections waiting to be written: a flood is cut here rather than in the database. */
  readonly rejectionsPending: number;
  /** Keeps the newest rejections only. */
  trim(keep: number): Promise<number>;
}

export function createWebhookSources(database: Database): WebhookSources {
  const rejecting = createBatcher<WebhookRejection, void>({
    maxRows: 200,
    maxWaitMs: 100,
    maxInFlight: 1,
    async flush(rows) {
      await database.query(
        {
          name: 'webhook-reject',
          text: 'insert into webhook_rejections (source, reason, message_id, bytes) select * from unnest($1::text[], $2::text[], $3::text[], $4::int[])',
        },
        [rows.map((r) => r.source), rows.map((r) => r.reason), rows.map((r) => r.messageId ?? null), rows.map((r) => r.bytes)],
      );
      return rows.map(() => undefined);
    },
  });
  return {
    all: () =>
      database.query(
        {
          name: 'webhook-sources',
          text: `select source, scheme, header, sealed_secrets as "sealedSecrets", action, context_id as "contextId", mapping, enabled,
            updated_at as "updatedAt" from webhook_sources order by source`,
        },
        [],
      ),
    put: (source) =>
      guarded(async () => {
        const { em, WebhookSource: entity } = await database.orm();
        await em().upsert(entity, { ...source, updatedAt: new Date() });
      }),
    remove: (source) =>
      guarded(async () => {
        const { em, WebhookSource: entity } = await database.orm();
        return (await em().nativeDelete(entity, { source })) > 0;
      }),
    reject: (rejection) => rejecting.add(rejection),
    async rejections(source, limit) {
      const rows = await database.query<{
        source: string;
        reason: string;
        message_id: string | null;
        bytes: number;
        rejected_at: Date;
      }>(
        {
          name: 'webhook-rejections',
          text: 'select source, reason, message_id, bytes, rejected_at from webhook_rejections where $1::text is null or source = $1 order by id desc limit $2',
        },
        [source ?? null, limit],
      );
      return rows.map((r) => ({
        source: r.source,
        reason: r.reason,
        messageId: r.message_id ?? undefined,
        bytes: r.bytes,
        rejectedAt: r.rejected_at.toISOString(),
      }));
    },
    get rejectionsPending() {
      return rejecting.pending;
    },
    async trim(keep) {
      const rows = await database.query(
        {
          name: 'webhook-trim',
          text: 'delete from webhook_rejections where id <= (select max(id) from webhook_rejections) - $1 returning id',
        },
        [keep],
      );
      return rows.length;
    },
  };
}
