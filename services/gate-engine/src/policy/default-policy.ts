import { PERMISSIONS, type PolicyDocument, type PolicyInput } from '@techno/contracts';
import { parsePolicy } from './compile.ts';
import { PolicyError } from './policy-error.ts';

const anyObject = { type: 'object' };

const documentPayload = {
  type: 'object',
  properties: {
    document_url: { type: 'string', format: 'uri', pattern: '^https?://', maxLength: 2_048 },
    text: { type: 'string', minLength: 1, maxLength: 200_000 },
    max_points: { type: 'integer', minimum: 1, maximum: 10 },
    language: { type: 'string', pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$' },
  },
  oneOf: [{ required: ['document_url'] }, { required: ['text'] }],
  additionalProperties: false,
};

const documentResult = {
  type: 'object',
  properties: {
    document_summary: { type: 'string' },
    key_points: { type: 'array', items: { type: 'string' } },
    confidence: { type: 'number', minimum: 0, maximum: 1 },
    method: { type: 'string' },
    source: { type: 'object' },
  },
  required: ['document_summary', 'key_points', 'confidence'],
};

const input = {
  version: 1,
  contexts: ['default', 'demo', 'webhooks', 'team-*'],
  roles: {
    admin: { allow: [{ actions: ['*'], contexts: ['*'] }], permissions: [...PERMISSIONS] },
    developer: {
      allow: [{ actions: ['echo', 'analyze_document', 'summarise_and_echo'], contexts: ['*'] }],
      permissions: ['actions:read', 'events:read', 'decisions:explain'],
      // High enough that a load test never meets it.
      limits: { perMinute: 100_000_000 },
    },
    restricted: {
      allow: [{ actions: ['echo'], contexts: ['demo'] }],
      permissions: ['actions:read'],
      limits: { perMinute: 100 },
    },
    'webhook-demo': { allow: [{ actions: ['echo', 'analyze_document'], contexts: ['webhooks'] }] },
  },
  sources: { demo: { role: 'webhook-demo' } },
  actions: {
    echo: {
      description: 'Answers its payload',
      payload: anyObject,
      result: anyObject,
      executors: ['echo_executor_v1'],
    },
    analyze_document: {
      description: 'Summarises a document, given by URL or as text',
      payload: documentPayload,
      result: documentResult,
      executors: ['document_executor_v1'],
      // The text is data and the executor never trusts it, but a document that talks to the model is refused by default:
      // who wants such documents read says so in the policy, knowingly. A fetched document never passes G7 at all, so the
      // executor's own distrust has to hold either way.
      promptInjection: 'deny',
      timeoutMs: 60_000,
    },
    ask_model: {
      description: 'Puts a question to the configured language model',
      payload: {
        type: 'object',
        properties: { question: { type: 'string', minLength: 1, maxLength: 20_000 } },
        required: ['question'],
        additionalProperties: false,
      },
      result: {
        type: 'object',
        properties: { answer: { type: 'string' } },
        required: ['answer'],
        additionalProperties: false,
      },
      executors: ['llm_executor_v1'],
      timeoutMs: 60_000,
      llm: { instructions: 'Answer the question briefly and truthfully. Say so when you do not know.' },
    },
    summarise_and_echo: {
      description: 'Summarises a text, then echoes the summary: two steps, each gated',
      payload: {
        type: 'object',
        properties: { text: documentPayload.properties.text },
        required: ['text'],
        additionalProperties: false,
      },
      result: anyObject,
      executors: ['composite_executor_v1'],
      timeoutMs: 120_000,
      composite: {
        steps: [
          { id: 'summary', action: 'analyze_document', payload: { text: '{{payload.text}}' } },
          {
            id: 'echo',
            action: 'echo',
            payload: { summary: '{{steps.summary.result.document_summary}}' },
            needs: ['summary'],
          },
        ],
      },
    },
  },
} satisfies PolicyInput;

/** The policy a development stack starts with. Throws a PolicyError if it were ever invalid. */
export function defaultPolicy(): PolicyDocument {
  const parsed = parsePolicy(input);
  if (!parsed.ok) throw new PolicyError(parsed.issues);
  return parsed.document;
}
