import type { PolicyInput } from '@techno/contracts';
import { call } from '../../support/client.ts';
import type { StackFile } from '../../e2e/launched.ts';

const UNLIMITED = { perMinute: 100_000_000 };

/** Adds the actions whose effects are counted at the upstream, and lets the traffic ask for them without a limit. */
export async function applyChaosPolicy(stack: StackFile, upstreamUrl: string): Promise<void> {
  const { body: found } = await call(stack.gateway, 'GET', '/v1/policy', { key: stack.adminKey });
  const document = found['document'] as Required<PolicyInput>;
  const effectful = (effect: 'keyed' | 'unkeyed') => ({
    description: `Has an ${effect} effect that is counted`,
    payload: { type: 'object', required: ['id'] },
    result: { type: 'object' },
    executors: ['http_executor_v1'],
    timeoutMs: 5_000,
    retryDelaysMs: [500, 1_000, 2_000, 4_000],
    http: { upstream: 'chaos', method: 'POST' as const, path: `/${effect}`, body: '{{payload}}', effect },
  });
  document.upstreams = { ...document.upstreams, chaos: { baseUrl: upstreamUrl, timeoutMs: 2_000 } };
  Object.assign(document.actions, {
    chaos_keyed: effectful('keyed'),
    chaos_unkeyed: effectful('unkeyed'),
    chaos_composite: {
      payload: { type: 'object', required: ['id'] },
      result: { type: 'object' },
      executors: ['composite_executor_v1'],
      composite: {
        steps: [
          { id: 'effect', action: 'chaos_keyed', payload: { id: '{{payload.id}}' } },
          { id: 'echo', action: 'echo', payload: { id: '{{payload.id}}' }, needs: ['effect'] },
        ],
      },
    },
  });
  const { development, 'webhook-demo': webhook } = document.roles;
  if (development === undefined || webhook === undefined)
    throw new Error('the development policy lacks the roles of the traffic');
  development.allow?.push({ actions: ['chaos_keyed', 'chaos_unkeyed', 'chaos_composite'], contexts: ['*'] });
  webhook.limits = UNLIMITED;
  const { status, text } = await call(stack.gateway, 'PUT', '/v1/policy', {
    key: stack.adminKey,
    body: { document, note: 'Actions whose effects are counted' },
  });
  if (status !== 200) throw new Error(`the policy was refused: ${text}`);
}
