import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, type LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import { type Clock, errorCode, SECOND, systemClock, TerminalError } from '@techno/kernel';
import type { ValidateFunction } from 'ajv';
import type { Breakers } from '../breaker.ts';
import { throwIfAborted } from '../executor.ts';
import { compileSchema } from '../validate-result.ts';
import { boundedFetch } from './bounded-fetch.ts';
import type { LlmConfig } from './config.ts';
import { assertAffordable, costUsd, estimatedTokens, type LlmUsage } from './cost.ts';
import { llmError } from './errors.ts';
import { parsedOutput } from './output.ts';
import { fencedPrompt, type Prompt } from './prompt.ts';

export interface LlmRequest {
  /** Ours, or the policy's. Holds no secret: a model can be made to say whatever it was told. */
  readonly instructions: string;
  /** Untrusted text. */
  readonly data: string;
  /** JSON Schema of the answer. */
  readonly schema: Record<string, unknown>;
  /** Another model than the configured one; it needs a price too. */
  readonly model?: string | undefined;
  readonly maxOutputTokens: number;
  readonly maxCostUsd: number;
  readonly signal: AbortSignal;
}

export interface LlmAnswer {
  /** Matches the schema. Still nothing but data. */
  readonly value: unknown;
  readonly model: string;
  readonly usage: LlmUsage;
  readonly costUsd: number;
}

export interface LlmClient {
  /**
   * Asks once; trying again is the actor's. Throws the TerminalErrors LLM_NOT_CONFIGURED, LLM_COST_EXCEEDED, LLM_REFUSED,
   * LLM_REJECTED, LLM_OUTPUT_INVALID, RESULT_SCHEMA_INVALID and the TemporaryErrors LLM_TIMEOUT, LLM_RATE_LIMITED,
   * LLM_UNAVAILABLE, BREAKER_OPEN.
   */
  complete(request: LlmRequest): Promise<LlmAnswer>;
}

export interface LlmClientDeps {
  readonly breakers: Breakers;
  readonly clock?: Clock;
  /** Told what each answered call used, for metrics. */
  readonly onAnswer?: (answer: Omit<LlmAnswer, 'value'>) => void;
  /** Told how long each call took, and the code it failed with. A call that an open breaker refused was none. */
  readonly onCall?: (call: { model: string; seconds: number; code: string | undefined }) => void;
}

type Mode = 'json_schema' | 'json_object';

/** A client for any endpoint that speaks OpenAI's chat completions. */
export function llmClient(config: LlmConfig, deps: LlmClientDeps): LlmClient {
  const { breakers, clock = systemClock, onAnswer, onCall } = deps;
  const modes = new Map<string, Mode>();
  // Schemas live as long as their policy revision does.
  const compiled = new WeakMap<object, ValidateFunction>();

  function matcher(schema: Record<string, unknown>): ValidateFunction {
    const known = compiled.get(schema) ?? compileSchema(schema);
    compiled.set(schema, known);
    return known;
  }

  async function generate(request: LlmRequest, model: string, prompt: Prompt): Promise<LanguageModelV4GenerateResult> {
    const timeout = AbortSignal.timeout(config.timeoutMs ?? 60 * SECOND);
    const signal = AbortSignal.any([request.signal, timeout]);
    const mode = modes.get(model) ?? 'json_schema';
    try {
      try {
        return await callOnce(config, request, model, prompt, mode, signal);
      } catch (error) {
        if (mode === 'json_object' || !isRefusedRequest(error)) throw error;
        // Not every endpoint knows json_schema. Remembered only once the other mode worked: the request may be bad in itself.
        const generated = await callOnce(config, request, model, prompt, 'json_object', signal);
        modes.set(model, 'json_object');
        return generated;
      }
    } catch (error) {
      throw llmError(error, { caller: request.signal, timeout }, clock.now());
    }
  }

  async function timed(request: LlmRequest, model: string, prompt: Prompt): Promise<LanguageModelV4GenerateResult> {
    const startedAt = performance.now();
    const ended = (code?: string) => onCall?.({ model, seconds: (performance.now() - startedAt) / SECOND, code });
    try {
      const generated = await generate(request, model, prompt);
      ended();
      return generated;
    } catch (error) {
      ended(errorCode(error));
      throw error;
    }
  }

  return {
    async complete(request) {
      throwIfAborted(request.signal);
      const model = request.model ?? config.model;
      const price = Object.hasOwn(config.prices, model) ? config.prices[model] : undefined;
      if (price === undefined) throw new TerminalError('LLM_NOT_CONFIGURED', `no price is configured for the model '${model}'`);
      const matches = matcher(request.schema);
      const prompt = fencedPrompt(request.instructions, request.data, request.schema);
      const worst = { inputTokens: estimatedTokens(prompt.system + prompt.user), outputTokens: request.maxOutputTokens };
      assertAffordable(worst, price, request.maxCostUsd);

      const generated = await breakers.for('llm').run(() => timed(request, model, prompt), request.signal);
      const usage = {
        inputTokens: generated.usage.inputTokens.total ?? worst.inputTokens,
        outputTokens: generated.usage.outputTokens.total ?? worst.outputTokens,
      };
      const used = { model, usage, costUsd: costUsd(usage, price) };
      // Told before the answer is judged: a bad one was paid for too.
      onAnswer?.(used);
      return { ...used, value: parsedOutput(generated, matches) };
    },
  };
}

async function callOnce(
  config: LlmConfig,
  request: LlmRequest,
  modelName: string,
  prompt: Prompt,
  mode: Mode,
  signal: AbortSignal,
): Promise<LanguageModelV4GenerateResult> {
  const { baseUrl, apiKey, tokenLimitField = 'max_tokens' } = config;
  const provider = createOpenAICompatible({
    name: 'llm',
    baseURL: baseUrl,
    ...(apiKey === undefined ? {} : { apiKey }),
    // Room for the envelope and for tokens that take many bytes, and an end to what a hostile endpoint can send.
    fetch: boundedFetch(256 * 1024 + 32 * request.maxOutputTokens),
    supportsStructuredOutputs: mode === 'json_schema',
    transformRequestBody: ({ max_tokens: limit, ...body }) => ({ ...body, [tokenLimitField]: limit }),
  });
  return await provider.chatModel(modelName).doGenerate({
    prompt: [
      { role: 'system', content: prompt.system },
      { role: 'user', content: [{ type: 'text', text: prompt.user }] },
    ],
    maxOutputTokens: request.maxOutputTokens,
    responseFormat: { type: 'json', schema: request.schema, name: 'result' },
    // OpenAI's strict mode takes only a part of JSON Schema; the answer is held against all of it here anyway.
    providerOptions: { llm: { strictJsonSchema: false } },
    abortSignal: signal,
  });
}

function isRefusedRequest(error: unknown): boolean {
  return APICallError.isInstance(error) && (error.statusCode === 400 || error.statusCode === 422);
}
