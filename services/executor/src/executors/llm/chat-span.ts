import { type ExecutorCall, seen } from '../executor.ts';
import type { LlmAnswer } from './client.ts';

/** A call to a model as a span, by OpenTelemetry's names, https://opentelemetry.io/docs/specs/semconv/gen-ai/ */
export function seenChat(call: Pick<ExecutorCall, 'carrier'>, complete: () => Promise<LlmAnswer>): Promise<LlmAnswer> {
  return seen(call, { name: 'chat', attributes: { 'gen_ai.operation.name': 'chat' } }, async (span) => {
    const answer = await complete();
    span?.setAttributes({
      'gen_ai.response.model': answer.model,
      'gen_ai.usage.input_tokens': answer.usage.inputTokens,
      'gen_ai.usage.output_tokens': answer.usage.outputTokens,
    });
    return answer;
  });
}
