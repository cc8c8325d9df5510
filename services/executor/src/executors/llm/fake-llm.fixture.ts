import type { ServerResponse } from 'node:http';
import { httpServer, type HttpServer, type ReceivedRequest } from '../http-server.fixture.ts';

export type LlmAnswerer = (request: ReceivedRequest, response: ServerResponse) => void;

export interface ChatRequest {
  readonly model: string;
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly response_format?: {
    readonly type: string;
    readonly json_schema?: { readonly strict: boolean; readonly schema: unknown };
  };
  readonly tools?: unknown;
}

/** A server that speaks chat completions at `/v1`, and says whatever the test makes it say. */
export async function fakeLlm(answer: LlmAnswerer): Promise<HttpServer & { readonly baseUrl: string }> {
  const server = await httpServer(answer);
  return {
    ...server,
    baseUrl: `${server.url}/v1`,
    received: server.received,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Answers one message; `message` and `choice` replace parts of the envelope. */
export function says(content: unknown, more: { message?: object; choice?: object; usage?: object } = {}): LlmAnswerer {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        id: 'chatcmpl-1',
        object: 'chat.completion',
        created: 1,
        model: 'fake',
        choices: [
          { index: 0, finish_reason: 'stop', ...more.choice, message: { role: 'assistant', content: text, ...more.message } },
        ],
        usage: more.usage ?? { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
      }),
    );
  };
}

/** Answers a status with an error as OpenAI words it. */
export function refuses(status: number, headers: Record<string, string> = {}, message = 'no'): LlmAnswerer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ error: { message, type: 'error', code: null, param: null } }));
  };
}

export function chatRequest(request: ReceivedRequest | undefined): ChatRequest {
  return JSON.parse(request?.body ?? 'null') as ChatRequest;
}
