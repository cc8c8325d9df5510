import { TerminalError } from '@techno/kernel';
import type { LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import type { ValidateFunction } from 'ajv';
import { firstComplaint } from '../validate-result.ts';

/**
 * The one JSON value a model answered, held against the schema. Strict on purpose: what needs repairing was not produced under
 * the schema, and the text is whatever an attacker made the model say. Throws the TerminalErrors LLM_REFUSED and
 * LLM_OUTPUT_INVALID, neither of which quotes the model.
 */
export function parsedOutput(generated: LanguageModelV4GenerateResult, matches: ValidateFunction): unknown {
  const { finishReason, content } = generated;
  // The client reports a filled `refusal` field under the same reason.
  if (finishReason.unified === 'content-filter') {
    throw new TerminalError('LLM_REFUSED', 'the model refused to answer');
  }
  if (finishReason.unified === 'length') throw invalid('was cut off at the token limit');
  if (content.some((part) => part.type !== 'text' && part.type !== 'reasoning'))
    throw invalid('calls for tools that were not offered');
  const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('is not JSON');
  }
  if (!matches(value)) throw invalid(firstComplaint(matches.errors));
  return value;
}

function invalid(why: string): TerminalError {
  return new TerminalError('LLM_OUTPUT_INVALID', `the answer of the model ${why}`);
}
