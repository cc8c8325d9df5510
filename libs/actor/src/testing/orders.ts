import { defineMessage } from '@techno/contracts';
import { z } from 'zod';

/** An order to do something, and the news that it was done: as little as an actor needs. */
export const ordered = defineMessage<{ n: number }>({
  type: 'test.ordered',
  stream: 'ACTIONS',
  pattern: 'test.ordered.>',
  subject: ({ n }) => `test.ordered.${n}`,
  owners: ['gateway'],
  schema: z.object({ n: z.number().int() }),
});

export const done = defineMessage<{ n: number }>({
  type: 'test.done',
  stream: 'ACTIONS',
  pattern: 'test.done.>',
  subject: ({ n }) => `test.done.${n}`,
  owners: ['executor'],
  schema: z.object({ n: z.number().int() }),
});
