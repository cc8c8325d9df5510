import { answersInOrder, errorMessage, every } from '@techno/kernel';
import type { WebhookSource as StoredSource, WebhookSources } from '@techno/storage';
import { open, type SecretsKeys, seal } from './webhooks/secret-box.ts';
import { webhookSource, type WebhookSource } from './webhooks/source.ts';

/** The webhook sources with their secrets open, following the database within a second. */
export interface LiveSources {
  load(): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
  find(source: string): WebhookSource | undefined;
  all(): readonly (Omit<WebhookSource, 'secrets'> & { source: string; secrets: number })[];
  put(source: string, settings: WebhookSource): Promise<void>;
  remove(source: string): Promise<boolean>;
}

const POLL_MS = 500;

export interface LiveSourcesDeps {
  readonly store: Pick<WebhookSources, 'all' | 'put' | 'remove'>;
  readonly keys: SecretsKeys;
  readonly onProblem: (fields: { problem: string; source?: string }) => void;
}

export function createLiveSources({ store, keys, onProblem }: LiveSourcesDeps): LiveSources {
  let sources = new Map<string, WebhookSource>();
  let seen = '';
  const answers = answersInOrder();

  async function load(): Promise<void> {
    const isNews = answers.asked();
    const rows = await store.all();
    if (!isNews()) return;
    const version = rows.map((row) => `${row.source}@${row.updatedAt.getTime()}`).join();
    if (version === seen) return;
    sources = new Map(rows.flatMap((row) => opened(row)));
    seen = version;
  }

  /** A source that does not open is refused, with its name in the log, and takes no other down with it. */
  function opened(row: StoredSource): [string, WebhookSource][] {
    try {
      const settings = webhookSource.parse({
        scheme: row.scheme,
        secrets: row.sealedSecrets.map((sealed) => open(sealed, keys, row.source)),
        ...(row.header === null || row.header === undefined ? {} : { header: row.header }),
        action: row.action,
        context_id: row.contextId,
        payload: row.mapping,
        enabled: row.enabled,
      });
      return [[row.source, settings]];
    } catch (error) {
      onProblem({ problem: errorMessage(error), source: row.source });
      return [];
    }
  }

  return {
    load,
    run: (signal) => every(POLL_MS, signal, () => load().catch((error: unknown) => onProblem({ problem: errorMessage(error) }))),
    find: (source) => sources.get(source),
    all: () => [...sources].map(([source, { secrets, ...settings }]) => ({ source, ...settings, secrets: secrets.length })),
    async put(source, settings) {
      await store.put({
        source,
        scheme: settings.scheme,
        header: settings.header ?? null,
        sealedSecrets: settings.secrets.map((secret) => seal(secret, keys, source)),
        action: settings.action,
        contextId: settings.context_id,
        mapping: settings.payload,
        enabled: settings.enabled,
      });
      await load();
    },
    async remove(source) {
      const removed = await store.remove(source);
      await load();
      return removed;
    },
  };
}
