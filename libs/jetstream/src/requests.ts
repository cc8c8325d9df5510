import { Svcm, type ServiceMsg } from '@nats-io/services';
import { type RequestContract, requestSubject } from '@techno/contracts';
import { errorCode, errorMessage, SECOND, TechnoError, TemporaryError, TerminalError } from '@techno/kernel';
import type { Bus } from './bus.ts';

/** One endpoint of a service: what it answers to and how. */
export interface Endpoint {
  readonly contract: RequestContract<unknown, unknown>;
  readonly answer: (input: unknown) => Promise<unknown>;
}

export function endpoint<Input, Output>(
  contract: RequestContract<Input, Output>,
  answer: (input: Input) => Promise<Output>,
): Endpoint {
  return { contract: contract as RequestContract<unknown, unknown>, answer: answer as Endpoint['answer'] };
}

/** Offers the endpoints to the gateway; every replica answers, NATS picks one. Seen in `nats micro ls`. */
export async function serveRequests(
  bus: Bus,
  service: string,
  version: string,
  endpoints: readonly Endpoint[],
): Promise<() => Promise<void>> {
  if (endpoints.length === 0) return async () => {};
  const added = await new Svcm(bus.nc as never).add({
    name: service,
    version,
    description: `Techno OS ${service}`,
    queue: service,
  });
  const answering = new Set<Promise<void>>();
  const answered = ({ contract, answer }: Endpoint, message: ServiceMsg): void => {
    const response = respond(contract, answer, message).finally(() => answering.delete(response));
    answering.add(response);
  };
  for (const one of endpoints) {
    added.addEndpoint(one.contract.name.replaceAll('.', '-'), {
      subject: requestSubject(one.contract),
      handler: (error, message) => void (error === null && answered(one, message)),
    });
  }
  // Offered means that the server knows: who asks over another connection the moment after must find it.
  await bus.nc.flush();
  return async () => {
    await added.stop();
    // Who asked in time is answered: the connection closes behind this.
    await Promise.allSettled(answering);
  };
}

async function respond(
  contract: RequestContract<unknown, unknown>,
  answer: Endpoint['answer'],
  message: ServiceMsg,
): Promise<void> {
  // A pull may name any subject for what it pulls, and the server delivers there whoever asked. What was so delivered keeps
  // the subject that it is stored under: it is no request, and has nobody to answer.
  if (message.subject !== requestSubject(contract)) return;
  try {
    const input = contract.input.safeParse(jsonOf(message, contract.name));
    if (!input.success) {
      const issue = input.error.issues[0];
      throw new TerminalError('REQUEST_INVALID', `${contract.name}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
    }
    message.respond(JSON.stringify({ ok: (await answer(input.data)) ?? null }));
  } catch (error) {
    const details = error instanceof TechnoError && 'details' in error ? error.details : undefined;
    message.respond(JSON.stringify({ error: { code: errorCode(error), message: errorMessage(error), details } }));
  }
}

function jsonOf(message: ServiceMsg, name: string): unknown {
  try {
    return JSON.parse(message.string());
  } catch {
    throw new TerminalError('REQUEST_INVALID', `${name}: not JSON`);
  }
}

/** What the other side answered instead of a result. */
export class RequestError extends TechnoError {
  readonly details: unknown;

  constructor(code: string, message: string, details?: unknown) {
    super(code, message);
    this.details = details;
  }
}

/** Asks the owner and waits. Throws RequestError with the owner's code, or TemporaryError SERVICE_UNAVAILABLE where nobody answers. */
export async function request<Input, Output>(
  bus: Bus,
  contract: RequestContract<Input, Output>,
  input: Input,
  timeoutMs = 5 * SECOND,
): Promise<Output> {
  let reply: { ok: unknown } | { error: { code: string; message: string; details?: unknown } };
  try {
    if (!bus.connected()) throw new Error('not connected to NATS');
    const message = await bus.nc.request(requestSubject(contract), JSON.stringify(input), {
      timeout: timeoutMs,
    });
    reply = JSON.parse(message.string()) as typeof reply;
  } catch (cause) {
    throw new TemporaryError('SERVICE_UNAVAILABLE', `${contract.service} did not answer: ${errorMessage(cause)}`, {
      cause,
      spendsAttempt: false,
    });
  }
  if ('error' in reply) throw new RequestError(reply.error.code, reply.error.message, reply.error.details);
  return contract.output.parse(reply.ok);
}
