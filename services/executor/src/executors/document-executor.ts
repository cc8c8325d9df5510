import type { SafeFetch } from '@techno/http';
import { type Clock, systemClock, TerminalError } from '@techno/kernel';
import { z } from 'zod';
import type { Breakers } from './breaker.ts';
import type { DocumentSource } from './documents/digest.ts';
import { type DocumentReader, documentReader } from './documents/document-thread.ts';
import { fetchDocument } from './documents/fetch-document.ts';
import { llmSummary } from './documents/llm-summary.ts';
import { detectMediaType } from './documents/media-type.ts';
import { type Executor, type ExecutorCall, seen, throwIfAborted } from './executor.ts';
import { seenChat } from './llm/chat-span.ts';
import type { LlmClient } from './llm/client.ts';

export interface DocumentExecutorDeps {
  readonly fetch: SafeFetch;
  readonly breakers: Breakers;
  /** Undefined: summaries are extracted, without a model. */
  readonly llm?: LlmClient | undefined;
  readonly read?: DocumentReader;
  readonly clock?: Clock;
  /** Cap on a fetched document. Default 10 MiB. */
  readonly maxBytes?: number;
  /** Cap on the time to fetch it. Default 15 s. */
  readonly timeoutMs?: number;
}

const NAME = 'document_executor_v1';

const input = z
  .object({
    document_url: z.string().max(4_096).optional(),
    text: z.string().optional(),
    max_points: z.number().int().min(1).max(20).default(5),
  })
  .refine(
    (value) => (value.document_url === undefined) !== (value.text === undefined),
    'give document_url or text, one of the two',
  );

/**
 * Reads a document and answers `{ document_summary, key_points, confidence, method, words, language, source }`; the executor id
 * says by which method: `document_executor_v1:llm` or `document_executor_v1:extractive`. Throws INPUT_INVALID, DOCUMENT_EMPTY,
 * DOCUMENT_UNSUPPORTED, DOCUMENT_TOO_COMPLEX, what `fetchDocument` throws and, with a model, what `LlmClient` throws.
 */
export function documentExecutor(deps: DocumentExecutorDeps): Executor {
  const { llm, read = documentReader(), clock = systemClock } = deps;
  const fetching = { ...deps, clock };

  async function load(wanted: z.infer<typeof input>, call: ExecutorCall): Promise<{ source: DocumentSource; name: string }> {
    if (wanted.text !== undefined) return { source: { text: wanted.text }, name: 'text' };
    const { body, headers, url } = await seen(call, FETCH, () => fetchDocument(wanted.document_url ?? '', fetching, call.signal));
    const type = detectMediaType(body, headers['content-type'], url);
    return { source: { bytes: new Uint8Array(body), type }, name: type.mediaType };
  }

  return {
    name: NAME,
    effect: () => 'none',
    async execute(call) {
      const { payload, spec, signal } = call;
      throwIfAborted(signal);
      const wanted = input.safeParse(payload);
      if (!wanted.success) throw new TerminalError('INPUT_INVALID', complaint(wanted.error));
      const { max_points: maxPoints } = wanted.data;
      const { source, name } = await load(wanted.data, call);
      const digest = await read({ source, maxPoints: llm === undefined ? maxPoints : undefined }, signal);
      const method = llm === undefined ? 'extractive' : 'llm';
      const summarised =
        llm === undefined ? digest.extract : await llmSummary(seenBy(call, llm), digest, maxPoints, spec.llm, signal);
      if (summarised === undefined) throw new TerminalError('EXECUTOR_MISCONFIGURED', 'the document reader gives no extracts');
      return {
        executorId: `${NAME}:${method}`,
        result: {
          document_summary: summarised.summary,
          key_points: summarised.keyPoints,
          confidence: summarised.confidence,
          method,
          words: digest.words,
          language: digest.language,
          source: name,
        },
      };
    },
  };
}

/** Which document is the caller's own business. */
const FETCH = { name: 'GET document', attributes: { 'http.request.method': 'GET' } };

function seenBy(call: ExecutorCall, llm: LlmClient): LlmClient {
  return { complete: (request) => seenChat(call, () => llm.complete(request)) };
}

/** Path and rule, never the value. */
function complaint(error: z.ZodError): string {
  const issue = error.issues[0];
  return `the payload is not that of a document: ${issue === undefined ? 'invalid' : `${issue.path.join('.')} ${issue.message}`.trim()}`;
}
