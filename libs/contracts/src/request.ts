import type { z } from 'zod';
import type { ServiceName } from './services.ts';

/**
 * A query or an admin command that the gateway sends to its owner and awaits (`@nats-io/services`, seen in `nats micro ls`).
 * Never part of the way of an action, with one exception that ADR 5 explains: the steps of a composite.
 */
export interface RequestContract<Input, Output> {
  readonly service: ServiceName;
  /** Endpoint name; the subject is `rpc.<service>.<name>`. */
  readonly name: string;
  readonly input: z.ZodType<Input>;
  readonly output: z.ZodType<Output>;
  /** Who asks; the gateway, where nothing is said. */
  readonly askers?: readonly ServiceName[];
}

export function defineRequest<Input, Output>(contract: RequestContract<Input, Output>): RequestContract<Input, Output> {
  return contract;
}

export function requestSubject(contract: { readonly service: ServiceName; readonly name: string }): string {
  return `rpc.${contract.service}.${contract.name}`;
}
