import { until } from '@techno/embedded';
import { SECOND } from '@techno/kernel';
import { BrokenPromise } from '../broken-promise.ts';
import type { World } from '../world/world.ts';
import { call } from './client.ts';

/** What the run adds to the policy: an action whose upstream fails when it is told to, tried twice, and again by nobody. */
export const ORDER = 'obs_order';
const UPSTREAM = 'obs';
const PUT_BACK_MS = 30 * SECOND;

interface PolicyDocument {
  upstreams?: Record<string, unknown>;
  actions?: Record<string, unknown>;
}

/** Adds the run's own action to the policy in force, for the time of `work`; then the policy is as it was. */
export async function withOrderAction<T>(world: World, work: () => Promise<T>): Promise<T> {
  const url = `${world.gateway}/v1/policy`;
  const { status, body } = await call(url, 'GET', { key: world.adminKey });
  if (status !== 200)
    throw new BrokenPromise(`the policy cannot be read (GET /v1/policy answered ${status}): is the admin key good?`);
  const before = body['document'] as PolicyDocument;
  const apply = async (document: PolicyDocument, note: string) => {
    const applied = await call(url, 'PUT', { key: world.adminKey, body: { document, note } });
    if (applied.status !== 200) throw new BrokenPromise(`the policy was refused: ${JSON.stringify(applied.body).slice(0, 300)}`);
  };
  const { [ORDER]: _left, ...actions } = before.actions ?? {};
  const { [UPSTREAM]: _leftToo, ...upstreams } = before.upstreams ?? {};
  await apply(
    {
      ...before,
      upstreams: { ...upstreams, [UPSTREAM]: { baseUrl: world.upstream.url } },
      actions: {
        ...actions,
        [ORDER]: {
          description: 'Of the observability contract; removed when its run has ended',
          payload: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
          result: { type: 'object' },
          executors: ['http_executor_v1'],
          retryDelaysMs: [50],
          http: { upstream: UPSTREAM, method: 'POST', path: '/orders', body: { id: '{{payload.id}}' }, effect: 'keyed' },
        },
      },
    },
    'The observability contract runs',
  );
  const putBack = () =>
    until(() => apply({ ...before, actions, upstreams }, 'The observability contract has run').then(() => true), {
      timeoutMs: PUT_BACK_MS,
      everyMs: 1 * SECOND,
    });
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // What went wrong first is what there is to tell.
    await putBack().catch(() => undefined);
    throw error;
  }
  await putBack().catch((cause: unknown) => {
    throw new BrokenPromise(`the policy could not be put back: it still has the action ${ORDER}`, { cause });
  });
  return result;
}
