import type { HandlerContext } from '@techno/actor';
import {
  type ActionAllowed,
  type ActionRequest,
  type AllowKeys,
  inputHash,
  type MessageContract,
  parseAllowKeys,
  type PolicyInput,
  signAllow,
} from '@techno/contracts';
import { newId, newW3cTraceId, rfc3339, traceIdFrom } from '@techno/kernel';

export const allowKeys: AllowKeys = parseAllowKeys(`k1:${'5a'.repeat(32)}`);

/** An ALLOW as the gate-engine signs it. */
export function allow(
  input: { traceId: string; request: ActionRequest; executors: readonly string[] },
  expiresAt = rfc3339(Date.now() + 60_000),
) {
  const { traceId, request, executors } = input;
  const hash = inputHash(request);
  const decisionId = newId('dec', Date.now());
  const claim = {
    decisionId,
    traceId,
    action: request.action,
    inputHash: hash,
    principal: 'tester key_1',
    policyRevision: 1,
    executor: executors.join(','),
    expiresAt,
  };
  const { keyId, signature } = signAllow(claim, allowKeys);
  const [executor = '', ...fallbacks] = executors;
  return {
    decision: { decision_id: decisionId, policy_revision: 1, micros: [], input_hash: hash, decided_at: rfc3339(Date.now()) },
    allow: { executor, fallbacks, expires_at: expiresAt, key_id: keyId, signature },
  };
}

export function allowed(
  action: string,
  executors: readonly string[],
  more: { payload?: unknown; expiresAt?: string } = {},
): ActionAllowed {
  const traceId = traceIdFrom(newW3cTraceId(Date.now()));
  const request = { action, context_id: 'default', payload: more.payload ?? { text: 'hello' } };
  return {
    trace_id: traceId,
    request,
    principal: { id: 'key_1', kind: 'api_key', role: 'tester' },
    received_at: rfc3339(Date.now()),
    replay: 0,
    ...allow({ traceId, request, executors }, more.expiresAt),
  };
}

/** What a handler emitted, by the type of the message. */
export interface Emitted {
  readonly type: string;
  readonly body: unknown;
  readonly concluded: boolean;
}

export function collecting(more: Partial<HandlerContext> = {}): { context: HandlerContext; emitted: Emitted[] } {
  const emitted: Emitted[] = [];
  const emit =
    (concluded: boolean) =>
    <Body>({ type }: MessageContract<Body>, body: Body): void =>
      void emitted.push({ type, body, concluded });
  return {
    emitted,
    context: {
      publish: emit(false),
      conclude: emit(true),
      log: { debug() {}, info() {}, warn() {}, error() {} },
      signal: new AbortController().signal,
      attempt: 1,
      lastAttempt: false,
      traceparent: `00-${'1b'.repeat(16)}-${'2c'.repeat(8)}-01`,
      ...more,
    },
  };
}

const anything = { payload: {}, result: {} };

/** Revision 1 of the policy these tests execute under. */
export const policyUnderTest: PolicyInput = {
  version: 1,
  contexts: ['*'],
  roles: {},
  actions: {
    probe: { ...anything, executors: ['keyed_executor_v1'], retryDelaysMs: [1, 2] },
    echo: { ...anything, executors: ['echo_executor_v1'] },
    both: {
      ...anything,
      executors: ['composite_executor_v1'],
      composite: {
        steps: [
          { id: 'first', action: 'probe', payload: { text: '{{payload.text}}' } },
          { id: 'second', action: 'echo', payload: { got: '{{steps.first.result.ok}}' }, needs: ['first'] },
        ],
      },
    },
    nested: {
      ...anything,
      executors: ['composite_executor_v1'],
      composite: { steps: [{ id: 'inner', action: 'both', payload: {} }] },
    },
  },
};
