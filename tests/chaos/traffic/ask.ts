import { type Agent, request } from 'node:http';
import { errorMessage } from '@techno/kernel';

export interface Asked {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What one request was answered. `status` 0: the connection broke or nothing came, so nothing was promised. */
export interface Reply {
  readonly status: number;
  readonly traceId: string | undefined;
  /** As the answer calls the action: COMPLETED, …; undefined where it says nothing of it. */
  readonly said: string | undefined;
  /** How the connection broke. */
  readonly broke?: string;
}

const nothing = (error: Error): Reply => ({ status: 0, traceId: undefined, said: undefined, broke: errorMessage(error) });

/** One POST over node:http, which takes whatever a dying server does to a connection. */
export function ask(agent: Agent, url: string, { path, headers, body }: Asked, timeoutMs = 30_000): Promise<Reply> {
  return new Promise((resolve) => {
    const sent = request(
      url + path,
      {
        agent,
        method: 'POST',
        timeout: timeoutMs,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, ...readBody(text) }));
        response.on('error', (error) => resolve(nothing(error)));
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    sent.on('error', (error) => resolve(nothing(error)));
    sent.end(body);
  });
}

function readBody(text: string): Pick<Reply, 'traceId' | 'said'> {
  try {
    const { trace_id: traceId, status } = JSON.parse(text) as { trace_id?: string; status?: unknown };
    return { traceId, said: typeof status === 'string' ? status : undefined };
  } catch {
    return { traceId: undefined, said: undefined };
  }
}
