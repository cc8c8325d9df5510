/** JSON of no declared shape: what a test says of it is found out when it runs. */
export type Json = ReturnType<typeof JSON.parse>;

/** An answer of the gateway, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON of the body; fields of an empty or unparseable one are undefined. */
  readonly body: Record<string, Json>;
}

export interface CallOptions {
  /** Sent as X-API-KEY. */
  readonly key?: string | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request. Statuses are answers, never errors. */
export async function call(url: string, method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const { key, body, raw, headers = {} } = options;
  const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(key === undefined ? {} : { 'x-api-key': key }),
      ...(content === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(content === undefined ? {} : { body: content }),
    signal: AbortSignal.timeout(25_000),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parsed(text) };
}

function parsed(text: string): Record<string, Json> {
  try {
    return JSON.parse(text) as Record<string, Json>;
  } catch {
    return {};
  }
}

/** One server-sent event. */
export interface StreamedEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Record<string, Json>;
}

export interface OpenEvents extends AsyncDisposable {
  /** Everything that has come so far. */
  readonly events: readonly StreamedEvent[];
}

/** Opens a stream of server-sent events and reads on until disposed. Throws where the answer is no stream. */
export async function openEvents(url: string, path: string, key: string, lastEventId?: string): Promise<OpenEvents> {
  const stop = new AbortController();
  const response = await fetch(url + path, {
    headers: { 'x-api-key': key, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) },
    signal: stop.signal,
  });
  if (!response.ok || response.body === null) throw new Error(`${response.status}: ${await response.text()}`);
  const events: StreamedEvent[] = [];
  const reading = readEvents(response.body, (event) => events.push(event));
  return {
    events,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await reading;
    },
  };
}

async function readEvents(body: ReadableStream<Uint8Array>, take: (event: StreamedEvent) => void): Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]));
        const data = fields.get('data');
        if (data !== undefined)
          take({
            id: fields.get('id') ?? '',
            event: fields.get('event') ?? '',
            data: JSON.parse(data) as Record<string, unknown>,
          });
      }
    }
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}
