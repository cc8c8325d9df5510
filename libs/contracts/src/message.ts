import type { z } from 'zod';
import type { ServiceName } from './services.ts';
import type { StreamName } from './streams.ts';

/** What travels on a stream: where it goes, what it looks like, who may publish it. */
export interface MessageContract<Body> {
  /** CloudEvents `ce-type`, and the name in logs and metrics. */
  readonly type: string;
  readonly stream: StreamName;
  /** What a consumer filters on; may hold wildcards. */
  readonly pattern: string;
  /** The literal subject one body is published to. */
  readonly subject: (body: Body) => string;
  readonly schema: z.ZodType<Body>;
  /** The services that may publish it. */
  readonly owners: readonly ServiceName[];
  /** Where an owner may publish only a part of `pattern`. */
  readonly shares?: Readonly<Partial<Record<ServiceName, readonly string[]>>>;
  /**
   * Messages that one process publishes at once to one subject may be stored as one. Whoever receives them must know from its
   * own record what it has done: a batch that comes again comes whole.
   */
  readonly batchable?: true;
}

export function defineMessage<Body>(contract: MessageContract<Body>): MessageContract<Body> {
  return contract;
}

/** The same message seen through a narrower filter, for a consumer that takes one part of it. */
export function narrowed<Body>(contract: MessageContract<Body>, pattern: string): MessageContract<Body> {
  return { ...contract, pattern };
}

export type BodyOf<Contract> = Contract extends MessageContract<infer Body> ? Body : never;
