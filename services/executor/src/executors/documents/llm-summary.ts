import { z } from 'zod';
import type { ActionSpec } from '@techno/contracts';
import type { LlmClient } from '../llm/client.ts';
import type { Digest } from './digest.ts';
import type { Extract } from './extract-summary.ts';
import { groundedConfidence } from './confidence.ts';

/** What fits the context window of any current model, and the default cost cap of most. */
const MAX_PROMPT_CHARS = 60_000;

const answer = z.strictObject({
  document_summary: z.string().min(1).max(4_000).describe('Two to five sentences'),
  key_points: z.array(z.string().min(1).max(600)).describe('The most important first, each one sentence'),
});
const answerSchema = z.toJSONSchema(answer, { target: 'draft-2020-12' }) as Record<string, unknown>;

/** A summary by a model, of the beginning of the text where it is long. Throws what LlmClient throws. */
export async function llmSummary(
  llm: LlmClient,
  digest: Digest,
  maxPoints: number,
  declared: ActionSpec['llm'],
  signal: AbortSignal,
): Promise<Extract> {
  const { value } = await llm.complete({
    instructions: [
      `Summarise the document in its own language, and list at most ${maxPoints} key points. Say only what the document says.`,
      ...(declared === undefined ? [] : [declared.instructions]),
    ].join('\n'),
    data: digest.text.slice(0, MAX_PROMPT_CHARS).toWellFormed(),
    schema: answerSchema,
    model: declared?.model,
    maxOutputTokens: declared?.maxOutputTokens ?? 1_000,
    maxCostUsd: declared?.maxCostUsd ?? 0.1,
    signal,
  });
  // Matches answerSchema, or complete() would have thrown.
  const { document_summary: summary, key_points: points } = value as z.infer<typeof answer>;
  const keyPoints = points.slice(0, maxPoints);
  return { summary, keyPoints, confidence: groundedConfidence([summary, ...keyPoints].join('\n'), digest.text, digest.language) };
}
