import {
  createTask,
  deleteTask,
  getTask,
  listTasks,
  taskChange,
  taskDetail,
  taskInput,
  taskStatus,
  taskView,
  updateTask,
} from '@techno/contracts';
import { defineRoute, type Route } from '@techno/http';
import { type Bus, request } from '@techno/jetstream';
import { z } from 'zod';
import type { FindCaller } from '../callers.ts';
import { agendaCallers, AGENDA_PAGE, agendaUnknown } from './agenda-shared.ts';

const time = z.iso.datetime({ offset: true });

/** Tasks: each caller's own, for roles with `agenda:manage`. */
export function agendaTaskRoutes({ bus, caller }: { bus: Bus; caller: FindCaller }): Route[] {
  const { ownerOf, principalOf } = agendaCallers(caller);
  const shared = { tags: ['agenda'], security: 'credential' as const };
  const params = z.object({ id: z.string().max(80) });
  const noSuch = { 404: { description: 'No such task, or not yours' } };
  const refused = { 422: { description: 'A time, zone or contact is none; `code` says which' } };
  return [
    defineRoute({
      ...shared,
      method: 'POST',
      path: '/v1/agenda/tasks',
      operationId: 'createTask',
      summary: 'Put a task on the agenda',
      description: 'Its recipients are reminded once, within the hour and a half before it is due.',
      body: taskInput,
      responses: {
        201: { description: 'Made', schema: taskView },
        409: { description: 'You have one of that `uid`' },
        ...refused,
      },
      async handler(context) {
        const by = await principalOf(context);
        const made = await request(bus, createTask, { by, task: context.body });
        return { status: 201, headers: { location: `/v1/agenda/tasks/${made.id}` }, body: made };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/agenda/tasks',
      operationId: 'listTasks',
      summary: 'Tasks by when they are due, those without a time last',
      query: z.object({
        ...AGENDA_PAGE,
        status: taskStatus.optional(),
        from: time.optional().describe('Due at or after'),
        to: time.optional().describe('Due before'),
      }),
      responses: {
        200: { description: 'A page', schema: z.object({ tasks: z.array(taskView), next: z.string().optional() }) },
      },
      async handler(context) {
        const owner = await ownerOf(context, context.query.owner);
        return { status: 200, body: await request(bus, listTasks, { ...context.query, owner }) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'GET',
      path: '/v1/agenda/tasks/{id}',
      operationId: 'getTask',
      summary: 'A task, with who was reminded of it',
      params,
      responses: { 200: { description: 'The task', schema: taskDetail }, ...noSuch },
      async handler(context) {
        const owner = await ownerOf(context);
        return { status: 200, body: await request(bus, getTask, { id: context.params.id, owner }) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'PATCH',
      path: '/v1/agenda/tasks/{id}',
      operationId: 'updateTask',
      summary: 'Change what is named of a task, its status too',
      description: 'A task that was reminded of is reminded of again only if it is put off by an hour and a half or more.',
      params,
      body: taskChange,
      responses: { 200: { description: 'As it is now', schema: taskView }, ...noSuch, ...refused },
      async handler(context) {
        const owner = await ownerOf(context);
        const input = { id: context.params.id, owner, change: context.body };
        return { status: 200, body: await request(bus, updateTask, input) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'POST',
      path: '/v1/agenda/tasks/{id}/complete',
      operationId: 'completeTask',
      summary: 'Say that a task is done; saying it twice changes nothing',
      params,
      responses: { 200: { description: 'Done', schema: taskView }, ...noSuch },
      async handler(context) {
        const owner = await ownerOf(context);
        const input = { id: context.params.id, owner, change: { status: 'done' as const } };
        return { status: 200, body: await request(bus, updateTask, input) };
      },
    }),
    defineRoute({
      ...shared,
      method: 'DELETE',
      path: '/v1/agenda/tasks/{id}',
      operationId: 'deleteTask',
      summary: 'Take a task off the agenda',
      params,
      responses: { 204: { description: 'Removed' }, ...noSuch },
      async handler(context) {
        const owner = await ownerOf(context);
        const { deleted } = await request(bus, deleteTask, { id: context.params.id, owner });
        if (!deleted) throw agendaUnknown('task', context.params.id);
        return { status: 204 };
      },
    }),
  ];
}
