import { MikroORM, type SqlEntityManager } from '@mikro-orm/postgresql';
import { ApiKey, entities, PolicyRevision, WebhookSource } from './entities.ts';

/** MikroORM over this schema: for what people change one by one. */
export interface Orm {
  /** A unit of work of its own. */
  em(): SqlEntityManager;
  readonly ApiKey: typeof ApiKey;
  readonly PolicyRevision: typeof PolicyRevision;
  readonly WebhookSource: typeof WebhookSource;
  close(): Promise<void>;
}

/** Connects when it is first asked something. */
export async function openOrm(options: {
  url: string;
  applicationName: string;
  connectTimeoutMs: number;
  idleInTransactionMs: number;
}): Promise<Orm> {
  const orm = await MikroORM.init({
    clientUrl: options.url,
    entities,
    pool: { min: 0, max: 2 },
    driverOptions: {
      connectionTimeoutMillis: options.connectTimeoutMs,
      idle_in_transaction_session_timeout: options.idleInTransactionMs,
      application_name: `${options.applicationName}-orm`,
    },
    discovery: { warnWhenNoEntities: false },
    connect: false,
  } as never);
  return { em: () => orm.em.fork(), ApiKey, PolicyRevision, WebhookSource, close: () => orm.close(true) };
}
