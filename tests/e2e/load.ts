import { Agent, request } from 'node:http';

/** What one request was answered. `status` 0: the connection broke, so nothing was promised. */
export interface Answered {
  readonly status: number;
  readonly traceId: string | undefined;
}

export interface Load {
  /** Stops asking and gives every answer. */
  stop(): Promise<Answered[]>;
}

/** Asks for `echo` at a steady rate, whatever the answers do: a stall piles up instead of hiding. */
export function startLoad(target: () => { url: string; key: string }, perSecond: number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const asked: Promise<Answered>[] = [];
  let number = 0;
  const startedAt = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1_000) * perSecond;
    while (number < due) asked.push(ask(agent, target(), number++));
  }, 10);
  return {
    async stop() {
      clearInterval(timer);
      const answers = await Promise.all(asked);
      agent.destroy();
      return answers;
    },
  };
}

function ask(agent: Agent, { url, key }: { url: string; key: string }, number: number): Promise<Answered> {
  const body = JSON.stringify({ action: 'echo', context_id: 'default', payload: { number } });
  return new Promise((resolve) => {
    const sent = request(
      `${url}/v1/process`,
      {
        agent,
        method: 'POST',
        timeout: 30_000,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'x-api-key': key },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, traceId: traceIdOf(text) }));
        response.on('error', () => resolve({ status: 0, traceId: undefined }));
      },
    );
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve({ status: 0, traceId: undefined }));
    sent.end(body);
  });
}

function traceIdOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { trace_id?: string }).trace_id;
  } catch {
    return undefined;
  }
}
