import {
  apiKeyHint,
  type ApiKeyMode,
  createKey,
  hashApiKey,
  keyView,
  listKeys,
  newApiKey,
  newKey,
  revokeKey,
  rotateKey,
} from '@techno/contracts';
import { defineRoute, type Route } from '@techno/http';
import { type Bus, request } from '@techno/jetstream';
import { z } from 'zod';
import type { FindCaller } from '../callers.ts';

const shownOnce = z.object({ key: z.string().describe('The raw key. It is shown this once'), ...keyView.shape });

/** Keys: made, listed, rotated with overlap, revoked. For roles with `keys:admin`. */
export function keyRoutes({ bus, caller, pepper }: { bus: Bus; caller: FindCaller; pepper: Buffer }): Route[] {
  // The raw key exists here and in the answer; what goes on is its keyed hash.
  const make = (mode: ApiKeyMode) => {
    const key = newApiKey(mode);
    return { key, issued: { hash: hashApiKey(key, pepper), hint: apiKeyHint(key) } };
  };

  const shared = { tags: ['keys'], security: 'credential' as const };
  const id = z.object({ id: z.string().regex(/^key_[a-z0-9_]{1,80}$/) });

  return [
    defineRoute({
      ...shared,
      method: 'POST',
      path: '/v1/keys',
      operationId: 'createKey',
      summary: 'Make an API key',
      body: newKey,
      responses: { 201: { description: 'Made', schema: shownOnce }, 422: { description: 'The policy has no such role' } },
      async handler(context) {
        const { principal } = await caller(context, 'keys:admin');
        const { key, issued } = make(context.body.mode);
        const record = await request(bus, createKey, { by: principal.id, key: context.body, ...issued });
        return { status: 201, headers: { 'cache-control': 'no-store' }, body: { key, ...record } };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/keys',
      operationId: 'listKeys',
      summary: 'List API keys, without the keys themselves',
      responses: { 200: { description: 'All keys', schema: z.object({ keys: z.array(keyView) }) } },
      async handler(context) {
        await caller(context, 'keys:admin');
        return { status: 200, body: await request(bus, listKeys, {}) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'POST',
      path: '/v1/keys/{id}/rotate',
      operationId: 'rotateKey',
      summary: 'Replace a key; the old one works for the overlap',
      params: id,
      body: z.strictObject({
        overlap_seconds: z
          .number()
          .int()
          .min(0)
          .max(30 * 86_400)
          .default(86_400),
      }),
      responses: {
        201: { description: 'The new key, and the old one with its end', schema: shownOnce.extend({ replaces: keyView }) },
        404: { description: 'No such key' },
      },
      async handler(context) {
        const { principal } = await caller(context, 'keys:admin');
        const { keys } = await request(bus, listKeys, {});
        const old = keys.find(({ id: other }) => other === context.params.id);
        const { key, issued } = make(old?.hint.startsWith('sk_test_') ? 'test' : 'live');
        const { record, replaces } = await request(bus, rotateKey, {
          by: principal.id,
          id: context.params.id,
          overlap_seconds: context.body.overlap_seconds,
          ...issued,
        });
        return { status: 201, headers: { 'cache-control': 'no-store' }, body: { key, ...record, replaces } };
      },
    }),
    defineRoute({
      ...shared,
      method: 'POST',
      path: '/v1/keys/{id}/revoke',
      operationId: 'revokeKey',
      summary: 'End a key now',
      params: id,
      responses: { 200: { description: 'Revoked', schema: keyView }, 404: { description: 'No such key' } },
      async handler(context) {
        const { principal } = await caller(context, 'keys:admin');
        return { status: 200, body: await request(bus, revokeKey, { by: principal.id, id: context.params.id }) };
      },
    }),
  ];
}
