import { createTask, deleteTask, getTask, listTasks, updateTask } from '@techno/contracts';
import { type Endpoint, endpoint } from '@techno/jetstream';
import { newId } from '@techno/kernel';
import type { AgendaItem } from '@techno/storage';
import { changedTask, newTask } from '../item.ts';
import { reminderViewOf, taskViewOf } from '../views.ts';
import { type AgendaDeps, requireContacts, REMINDERS_SHOWN, uidTaken, unknownItem } from './deps.ts';
import { cursorAfter, pageFilter } from './page.ts';

/** Tasks: due at some time or at none, open or done. */
export function taskRequests({ agenda, reminders, briefs, clock }: AgendaDeps): Endpoint[] {
  const existing = async (id: string, owner: string | undefined): Promise<AgendaItem> =>
    (await agenda.find('task', id, owner)) ?? unknownItem('task', id);

  return [
    endpoint(createTask, async ({ by, task }) => {
      const now = clock.now();
      const state = newTask(task, now);
      await requireContacts(briefs, task.recipients);
      const id = newId('tsk', now);
      const item = {
        ...state,
        id,
        kind: 'task' as const,
        owner: by,
        contextId: task.context_id,
        uid: task.uid ?? id,
        createdAt: new Date(now),
      };
      if (!(await agenda.add(item))) throw uidTaken(item.uid);
      return taskViewOf(await existing(id, by));
    }),

    endpoint(listTasks, async ({ limit, status, ...asked }) => {
      const done = status === undefined ? undefined : status === 'done';
      const rows = await agenda.list({ kind: 'task', ...pageFilter(asked), done, limit: limit + 1 });
      const page = rows.slice(0, limit);
      return { tasks: page.map(taskViewOf), next: rows.length > limit ? cursorAfter(page.at(-1)) : undefined };
    }),

    endpoint(getTask, async ({ id, owner }) => {
      const found = await existing(id, owner);
      return { ...taskViewOf(found), reminders: (await reminders.ofItem(id, REMINDERS_SHOWN)).map(reminderViewOf) };
    }),

    endpoint(updateTask, async ({ id, owner, change }) => {
      await existing(id, owner);
      if (change.recipients !== undefined) await requireContacts(briefs, change.recipients);
      const changed = await agenda.change('task', id, owner, (item) => changedTask(item, change, clock.now()));
      return taskViewOf(changed ?? unknownItem('task', id));
    }),

    endpoint(deleteTask, async ({ id, owner }) => ({ deleted: await agenda.remove('task', id, owner) })),
  ];
}
