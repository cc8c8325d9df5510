import { SECOND, TechnoError } from '@techno/kernel';

/** An answer of the gateway that is no success: its code, and what it says about it. */
export class GatewayError extends TechnoError {
  readonly status: number;
  /** The problem document as it came. */
  readonly problem: Readonly<Record<string, unknown>>;

  constructor(status: number, problem: Readonly<Record<string, unknown>>, fallback: string) {
    const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
    super(
      text(problem['code']) ?? text(problem['error']) ?? `HTTP_${status}`,
      text(problem['detail']) ?? text(problem['message']) ?? text(problem['title']) ?? fallback,
    );
    this.status = status;
    this.problem = problem;
  }
}

interface Content {
  readonly contentType: string;
  readonly content: string;
}

export interface GatewayClient {
  readonly url: string;
  /** @throws GatewayError for every status from 400 on, TechnoError GATEWAY_UNREACHABLE */
  call(method: string, path: string, body?: unknown): Promise<{ status: number; headers: Headers; body: unknown }>;
  /** The same with a body of any type, as it is. */
  send(method: string, path: string, body: Content): Promise<{ status: number; headers: Headers; body: unknown }>;
  /** The answer unread, for streams. */
  open(path: string, signal: AbortSignal): Promise<Response>;
}

export function gatewayClient(url: string, key: string): GatewayClient {
  const request = async (path: string, init: RequestInit): Promise<Response> => {
    try {
      return await fetch(new URL(path, url), init);
    } catch (cause) {
      if (init.signal?.aborted && !(init.signal.reason instanceof DOMException && init.signal.reason.name === 'TimeoutError'))
        throw cause;
      throw new TechnoError('GATEWAY_UNREACHABLE', `no answer from ${url}`, { cause });
    }
  };
  const authorization = { authorization: `Bearer ${key}` };
  const exchange = async (method: string, path: string, body: Content | undefined) => {
    const response = await request(path, {
      method,
      headers: { ...authorization, ...(body === undefined ? {} : { 'content-type': body.contentType }) },
      ...(body === undefined ? {} : { body: body.content }),
      signal: AbortSignal.timeout(30 * SECOND),
    });
    const answer = parse(await response.text());
    if (response.status >= 400) throw new GatewayError(response.status, asRecord(answer), response.statusText);
    return { status: response.status, headers: response.headers, body: answer };
  };
  return {
    url,
    call: (method, path, body) =>
      exchange(method, path, body === undefined ? undefined : { contentType: 'application/json', content: JSON.stringify(body) }),
    send: exchange,
    async open(path, signal) {
      const response = await request(path, { headers: { ...authorization, accept: 'text/event-stream' }, signal });
      if (response.ok) return response;
      throw new GatewayError(response.status, asRecord(parse(await response.text())), response.statusText);
    },
  };
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
