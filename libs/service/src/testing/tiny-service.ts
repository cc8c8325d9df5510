import { defineActor } from '@techno/actor';
import { defineMessage, defineRequest } from '@techno/contracts';
import { endpoint } from '@techno/jetstream';
import { z } from 'zod';
import { actor, runService } from '../run-service.ts';
import { loadConfig } from './config.ts';

export interface Job {
  readonly n: number;
  /** How long it takes, in milliseconds. */
  readonly takesMs: number;
}
const job = z.object({ n: z.number(), takesMs: z.number() });

export const ordered = defineMessage<Job>({
  type: 'test.ordered',
  stream: 'ACTIONS',
  pattern: 'action.test.tiny.>',
  subject: ({ n }) => `action.test.tiny.${n}`,
  owners: ['gateway'],
  schema: job,
});
/** It passes for one of the service whose name it has. */
export const TINY = 'execute-echo_executor_v1';
export const slowly = defineRequest({ service: 'executor', name: 'slowly', input: job, output: z.object({ n: z.number() }) });

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The smallest service there is: one actor and one endpoint that say on standard output what they do. */
if (import.meta.main) {
  const say = (what: string, n: number) => process.stdout.write(`${JSON.stringify({ what, n })}\n`);
  await runService({
    name: 'executor',
    config: loadConfig,
    build: async () => ({
      actors: [
        actor(
          defineActor<Job>({
            name: TINY,
            receives: ordered,
            leaseMs: 5_000,
            async handle({ n, takesMs }, { signal }) {
              say('begun', n);
              await Promise.race([
                wait(takesMs),
                new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
              ]);
              say('done', n);
            },
          }),
        ),
      ],
      endpoints: [
        endpoint(slowly, async ({ n, takesMs }) => {
          say('asked', n);
          await wait(takesMs);
          return { n };
        }),
      ],
    }),
  });
}
