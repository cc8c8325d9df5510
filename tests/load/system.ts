import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '@techno/kernel';
import type { Target } from '../../bench/load/connection.ts';
import { targetAt } from '../../bench/subject.ts';
import { launch, type StackFile } from '../e2e/launched.ts';

/** What is put under load. */
export interface System {
  /** Undefined: it is elsewhere, and nothing of it is seen but its answers. */
  readonly stack: StackFile | undefined;
  readonly target: Target;
  stop(): Promise<void>;
}

interface Where {
  readonly remote: { readonly url: string; readonly key: string } | undefined;
  readonly home: string;
  readonly replicas: string | undefined;
}

/** The one named, else the running stack of `home`; where there is none, one of its own for as long as it takes. */
export async function findSystem({ remote, home, replicas }: Where, say: (text: string) => void): Promise<System> {
  if (remote !== undefined) {
    say(`The system at ${remote.url}`);
    return { stack: undefined, target: targetAt(remote.url, { 'x-api-key': remote.key }), stop: async () => {} };
  }
  const running = await readFile(path.join(home, 'stack.json'), 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (running !== undefined && replicas === undefined) {
    const stack = JSON.parse(running) as StackFile;
    say(`The stack of ${home}`);
    return { stack, target: targetOf(stack), stop: async () => {} };
  }
  say('Starting a stack');
  const launched = await launch({ TECHNO_LOG_LEVEL: 'warn', ...(replicas === undefined ? {} : { TECHNO_REPLICAS: replicas }) });
  const stack = await launched.stack();
  return { stack, target: targetOf(stack), stop: async () => void (await launched.stop()) };
}

const targetOf = (stack: StackFile): Target => targetAt(stack.gateway, { 'x-api-key': stack.apiKey });
