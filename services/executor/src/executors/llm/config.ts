/** US dollars per million tokens. */
export interface LlmPrice {
  readonly inputUsd: number;
  readonly outputUsd: number;
}

/** Where the model is. Handed in: nothing here reads the environment. */
export interface LlmConfig {
  /** Up to and with the version: `https://api.openai.com/v1`, `http://localhost:11434/v1`. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  readonly model: string;
  /** By model. A model without a price is not called: its cost could not be capped. Price 0 says that it costs nothing. */
  readonly prices: Readonly<Record<string, LlmPrice>>;
  /** For one call. Default 60 s. */
  readonly timeoutMs?: number;
  /** Newer models of OpenAI take only the second. Default `max_tokens`. */
  readonly tokenLimitField?: 'max_tokens' | 'max_completion_tokens';
}
