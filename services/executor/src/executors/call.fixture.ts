import { policyDocument, type PolicyInput } from '@techno/contracts';
import type { Carrier, ExecutorCall } from './executor.ts';

type ActionInput = Partial<PolicyInput['actions'][string]>;

/** A first delivery whose messages go nowhere. */
export const carrier: Carrier = { publish: () => {}, traceparent: '', replay: 0, attempt: 1, lastAttempt: false };

/** A call of the action `probe`, declared as given, under a policy with the given upstreams. */
export function callOf(
  payload: unknown,
  spec: ActionInput = {},
  more: Partial<ExecutorCall> & { upstreams?: PolicyInput['upstreams'] } = {},
): ExecutorCall {
  const { upstreams = {}, ...call } = more;
  const policy = policyDocument.parse({
    version: 1,
    contexts: ['*'],
    roles: {},
    upstreams,
    actions: { probe: { payload: {}, result: {}, executors: ['echo_executor_v1'], ...spec } },
  });
  const declared = policy.actions['probe'];
  if (declared === undefined) throw new Error('the policy above declares it');
  return {
    traceId: 'tr_0123456789abcdef0123456789abcdef',
    decisionId: 'dec_1',
    step: '',
    attempt: 1,
    action: 'probe',
    contextId: 'default',
    payload,
    spec: declared,
    policy,
    principal: { id: 'key_1', kind: 'api_key', role: 'tester' },
    carrier,
    signal: new AbortController().signal,
    ...call,
  };
}
