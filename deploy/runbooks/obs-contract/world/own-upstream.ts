import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Upstream } from './world.ts';

export interface OwnUpstream extends Upstream {
  /** Of a model that speaks chat completions, for LLM_BASE_URL. */
  readonly llmUrl: string;
  /** `host:port`, for TECHNO_EGRESS_ALLOW. */
  readonly host: string;
  stop(): Promise<void>;
}

/** What the executor calls during a run: an upstream for `obs_order`, which fails while it is broken, and a model. */
export async function startUpstream(listen: string, reachedAt?: string): Promise<OwnUpstream> {
  const [address = '127.0.0.1', port = '0'] = listen.split(':');
  const state = { broken: false };
  const server = createServer((request, response) => void answer(request, response, state.broken));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(port), address, resolve);
  });
  const url = reachedAt ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    llmUrl: `${url}/v1`,
    host: new URL(url).host,
    get broken() {
      return state.broken;
    },
    set broken(broken) {
      state.broken = broken;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, broken: boolean): Promise<void> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const say = (status: number, body: object) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (request.url?.endsWith('/chat/completions') === true) return void say(200, completion(text));
  if (broken) return void say(503, { error: 'down' });
  say(200, { ok: true });
}

/** An answer in the shape that was asked for: the action `ask_model` wants `{ answer }`, a summary its own. */
function completion(asked: string): object {
  const summary = asked.includes('document_summary');
  const content = summary ? { document_summary: 'The house is red.', key_points: ['The house is red.'] } : { answer: 'Four.' };
  return {
    id: 'chatcmpl-obs',
    object: 'chat.completion',
    created: 1,
    model: 'obs-model',
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: JSON.stringify(content) } }],
    usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
  };
}
