import { TerminalError } from '@techno/kernel';
import { type Executor, throwIfAborted } from './executor.ts';
import type { LlmClient } from './llm/client.ts';
import { seenChat } from './llm/chat-span.ts';

/**
 * Has a model answer the action's instructions over the payload, in the shape of the action's `result` schema. `llm` is
 * undefined where none is configured: every call then throws a TerminalError LLM_NOT_CONFIGURED. See LlmClient for the rest.
 */
export function llmExecutor(deps: { readonly llm: LlmClient | undefined }): Executor {
  return {
    name: 'llm_executor_v1',
    effect: () => 'none',
    async execute(call) {
      throwIfAborted(call.signal);
      const { llm: declared, result: schema } = call.spec;
      if (declared === undefined)
        throw new TerminalError('EXECUTOR_MISCONFIGURED', `the action '${call.action}' declares no llm call`);
      if (deps.llm === undefined) throw new TerminalError('LLM_NOT_CONFIGURED', 'no language model is configured');
      const { llm } = deps;
      const { value } = await seenChat(call, () =>
        llm.complete({
          instructions: declared.instructions,
          data: JSON.stringify(call.payload ?? null, undefined, 1),
          schema,
          model: declared.model,
          maxOutputTokens: declared.maxOutputTokens,
          maxCostUsd: declared.maxCostUsd,
          signal: call.signal,
        }),
      );
      return { result: value };
    },
  };
}
