import { SECOND } from '@techno/kernel';

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface CallOptions {
  readonly key?: string;
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request to the gateway. Statuses are answers; only a gateway that does not answer throws. */
export async function call(url: string, method: string, { key, body, raw, headers }: CallOptions = {}): Promise<Answer> {
  const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(url, {
    method,
    headers: {
      // A machine under load is slow, and slow is not wrong here: how fast it has to be is for the alerts to say.
      prefer: 'wait=25',
      ...(key === undefined ? {} : { 'x-api-key': key }),
      ...(content === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(content === undefined ? {} : { body: content }),
    signal: AbortSignal.timeout(30 * SECOND),
  });
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) as Answer['body'] };
  } catch {
    return { status: response.status, body: { text: text.slice(0, 500) } };
  }
}
