import { TechnoError } from '@techno/kernel';
import { z } from 'zod';
import { nodeHttp } from './node-http.ts';
import type { JsonReply, ReplyHeaders } from './reply.ts';

export interface ProblemInput {
  readonly status: number;
  /** Stable, upper snake case, listed in docs/ERRORS.md. */
  readonly code: string;
  /** For people; says nothing of the inside. Defaults to the status' own phrase. */
  readonly detail?: string | undefined;
  readonly title?: string | undefined;
  readonly traceId?: string | undefined;
  readonly headers?: ReplyHeaders | undefined;
  /** Further members of the document, e.g. `{ reason_codes, gate }`. They never replace the standard ones. */
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** Every error answer as a client sees it (RFC 9457); `code` and `trace_id` are what to program and to ask with. */
export const problemSchema = z
  .looseObject({
    type: z.string().meta({ description: 'Where the code is explained, relative to this server' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().meta({ description: 'Stable, for programs' }),
    trace_id: z.string().optional().meta({ description: 'Opens the trace, the log lines and the audit trail' }),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'What was wrong where, for VALIDATION_FAILED' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' });

/** The reply for a problem: `application/problem+json` with `type: /docs/errors#CODE`. */
export function problem({ status, code, detail, title, traceId, headers, extensions }: ProblemInput): JsonReply {
  const phrase = title ?? nodeHttp.STATUS_CODES[status] ?? 'Error';
  return {
    status,
    contentType: PROBLEM_CONTENT_TYPE,
    headers: { 'cache-control': 'no-store', ...headers },
    body: {
      ...extensions,
      type: `/docs/errors#${code}`,
      title: phrase,
      status,
      detail: detail ?? phrase,
      code,
      ...(traceId === undefined ? {} : { trace_id: traceId }),
    },
  };
}

/** Thrown by handlers (and by the server itself) to answer with a problem. Not logged as an error: it is an answer. */
export class HttpProblem extends TechnoError {
  readonly status: number;
  readonly #input: Omit<ProblemInput, 'status' | 'code'>;

  constructor(status: number, code: string, options: Omit<ProblemInput, 'status' | 'code'> & { cause?: unknown } = {}) {
    super(code, options.detail ?? code, { cause: options.cause });
    this.status = status;
    this.#input = options;
  }

  /** `traceId` is used where the problem carries none of its own. */
  toReply(traceId?: string): JsonReply {
    const own = this.#input;
    return problem({ ...own, status: this.status, code: this.code, traceId: own.traceId ?? traceId });
  }
}
