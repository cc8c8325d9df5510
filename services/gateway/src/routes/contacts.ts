import {
  channelName,
  contact,
  contactView,
  deleteContact,
  getContact,
  listContacts,
  putContact,
  unsuppress,
  webhookSecretOf,
} from '@techno/contracts';
import { defineRoute, HttpProblem, type Route } from '@techno/http';
import { type Bus, request, RequestError } from '@techno/jetstream';
import { z } from 'zod';
import type { FindCaller } from '../callers.ts';

/** People who can be told something. For roles with `notifications:admin`. */
export function contactRoutes({ bus, caller }: { bus: Bus; caller: FindCaller }): Route[] {
  const shared = { tags: ['contacts'], security: 'credential' as const };
  const params = z.object({ id: z.string().max(128) });
  return [
    defineRoute({
      ...shared,
      method: 'PUT',
      path: '/v1/contacts/{id}',
      operationId: 'putContact',
      summary: 'Make or replace a contact',
      params,
      body: contact,
      responses: {
        200: { description: 'Stored', schema: contactView },
        422: { description: 'An address or the time zone is none' },
      },
      async handler(context) {
        await caller(context, 'notifications:admin');
        return { status: 200, body: await request(bus, putContact, { id: context.params.id, contact: context.body }) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/contacts',
      operationId: 'listContacts',
      summary: 'Contacts, by id',
      query: z.object({ cursor: z.string().max(128).optional(), limit: z.coerce.number().int().min(1).max(200).default(50) }),
      responses: {
        200: { description: 'A page', schema: z.object({ contacts: z.array(contactView), next: z.string().optional() }) },
      },
      async handler(context) {
        await caller(context, 'notifications:admin');
        const { cursor, limit } = context.query;
        return { status: 200, body: await request(bus, listContacts, { after: cursor, limit }) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/contacts/{id}',
      operationId: 'getContact',
      summary: 'A contact, with what of it is not tried any more',
      params,
      responses: { 200: { description: 'The contact', schema: contactView }, 404: { description: 'No such contact' } },
      async handler(context) {
        await caller(context, 'notifications:admin');
        return { status: 200, body: await known(() => request(bus, getContact, { id: context.params.id })) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'DELETE',
      path: '/v1/contacts/{id}',
      operationId: 'deleteContact',
      summary: 'Remove a contact; what waits for it is skipped',
      params,
      responses: { 204: { description: 'Removed' }, 404: { description: 'No such contact' } },
      async handler(context) {
        await caller(context, 'notifications:admin');
        const { deleted } = await request(bus, deleteContact, { id: context.params.id });
        if (!deleted) throw unknown(`there is no contact '${context.params.id}'`);
        return { status: 204 };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/contacts/{id}/webhook-secret',
      operationId: 'getWebhookSecret',
      summary: 'The secret that webhooks to this contact are signed with (Standard Webhooks)',
      params,
      responses: {
        200: { description: 'The secret', schema: z.object({ secret: z.string() }) },
        404: { description: 'No such contact' },
        409: { description: 'The webhook channel is not configured' },
      },
      async handler(context) {
        await caller(context, 'notifications:admin');
        const found = await known(() => request(bus, webhookSecretOf, { id: context.params.id }));
        return { status: 200, headers: { 'cache-control': 'no-store' }, body: found };
      },
    }),
    defineRoute({
      ...shared,
      method: 'DELETE',
      path: '/v1/contacts/{id}/suppressions/{channel}',
      operationId: 'endSuppression',
      summary: 'Let an address that bounced be tried again',
      params: params.extend({ channel: channelName }),
      responses: { 204: { description: 'It will be tried again' }, 404: { description: 'It was not suppressed' } },
      async handler(context) {
        await caller(context, 'notifications:admin');
        const { id, channel } = context.params;
        const { ended } = await known(() => request(bus, unsuppress, { id, channel }));
        if (!ended) throw unknown('this address is not suppressed');
        return { status: 204 };
      },
    }),
  ];
}

/** In a path an unknown contact is one that is not there; in a request it is a mistake. */
async function known<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof RequestError && error.code === 'CONTACT_UNKNOWN') throw unknown(error.message);
    throw error;
  }
}

function unknown(detail: string): HttpProblem {
  return new HttpProblem(404, 'CONTACT_UNKNOWN', { detail });
}
