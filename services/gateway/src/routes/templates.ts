import {
  getTemplate,
  listTemplates,
  previewTemplate,
  putTemplate,
  template,
  templateName,
  templateView,
} from '@techno/contracts';
import { defineRoute, HttpProblem, type Route } from '@techno/http';
import { type Bus, request, RequestError } from '@techno/jetstream';
import { z } from 'zod';
import type { FindCaller } from '../callers.ts';

/** Templates of notifications. For roles with `notifications:admin`. */
export function templateRoutes({ bus, caller }: { bus: Bus; caller: FindCaller }): Route[] {
  const shared = { tags: ['templates'], security: 'credential' as const };
  const params = z.object({ name: templateName });
  const version = z.coerce.number().int().positive().optional();
  return [
    defineRoute({
      ...shared,
      method: 'PUT',
      path: '/v1/templates/{name}',
      operationId: 'putTemplate',
      summary: 'Store the next version of a template',
      params,
      body: template,
      responses: { 200: { description: 'Stored', schema: templateView }, 422: { description: 'Its words cannot be read' } },
      async handler(context) {
        const { principal } = await caller(context, 'notifications:admin');
        const input = { by: principal.id, name: context.params.name, template: context.body };
        return { status: 200, body: await request(bus, putTemplate, input) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/templates',
      operationId: 'listTemplates',
      summary: 'Templates in their newest version',
      responses: { 200: { description: 'All of them', schema: listTemplates.output as z.ZodType } },
      async handler(context) {
        await caller(context, 'notifications:admin');
        return { status: 200, body: await request(bus, listTemplates, {}) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/templates/{name}',
      operationId: 'getTemplate',
      summary: 'A template, in its newest or a given version',
      params,
      query: z.object({ version }),
      responses: {
        200: { description: 'The template', schema: templateView },
        404: { description: 'No such template or version' },
      },
      async handler(context) {
        await caller(context, 'notifications:admin');
        const asked = { name: context.params.name, version: context.query.version };
        return { status: 200, body: await known(() => request(bus, getTemplate, asked)) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'POST',
      path: '/v1/templates/{name}/preview',
      operationId: 'previewTemplate',
      summary: 'What would be sent on every channel, without sending it',
      params,
      body: z.strictObject({
        version: z.number().int().positive().optional(),
        locale: z.string().max(35).default('en'),
        data: z.record(z.string(), z.unknown()).default({}),
      }),
      responses: {
        200: { description: 'As it would be sent', schema: previewTemplate.output as z.ZodType },
        404: { description: 'No such template or version' },
        422: { description: 'A variable is missing, or the words are too long' },
      },
      async handler(context) {
        await caller(context, 'notifications:admin');
        const asked = { name: context.params.name, ...context.body };
        return { status: 200, body: await known(() => request(bus, previewTemplate, asked)) };
      },
    }),
  ];
}

async function known<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof RequestError && error.code === 'TEMPLATE_UNKNOWN') {
      throw new HttpProblem(404, 'TEMPLATE_UNKNOWN', { detail: error.message });
    }
    throw error;
  }
}
