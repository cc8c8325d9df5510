import { z } from 'zod';
import { type FailureKind, failureKind } from './dlq-status.ts';
import { defineMessage } from './message.ts';
import type { StreamName } from './streams.ts';

/** A message that failed for good, whole: everything needed to understand it and to replay it. */
export const deadLettered = defineMessage({
  type: 'dead_letter',
  stream: 'DEAD_LETTERS',
  pattern: 'dead_letter.>',
  subject: (body: DeadLetter) => `dead_letter.${body.actor}`,
  owners: ['gate-engine', 'executor', 'auditor', 'notifier', 'scheduler', 'dlq-replayer', 'gateway'],
  schema: z.object({
    actor: z.string(),
    stream: z.enum(['ACTIONS', 'NOTIFICATIONS', 'JOBS', 'DEAD_LETTERS', 'ADVISORIES']),
    stream_seq: z.number().int(),
    subject: z.string(),
    headers: z.record(z.string(), z.string()),
    /** The body as text, or base64 where it is not UTF-8 JSON. */
    payload: z.string(),
    encoding: z.enum(['json', 'base64']),
    trace_id: z.string().optional(),
    error: z.object({ code: z.string(), message: z.string(), stack: z.string().optional(), kind: failureKind.optional() }),
    attempts: z.number().int().nonnegative(),
    first_failure_at: z.string(),
    last_failure_at: z.string(),
  }),
});
export type DeadLetter = {
  actor: string;
  stream: StreamName;
  stream_seq: number;
  subject: string;
  headers: Record<string, string>;
  payload: string;
  encoding: 'json' | 'base64';
  trace_id?: string | undefined;
  error: { code: string; message: string; stack?: string | undefined; kind?: FailureKind | undefined };
  attempts: number;
  first_failure_at: string;
  last_failure_at: string;
};
