import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '@techno/embedded';
import type { MeasuredProcess } from '../subject.ts';

/** Where SIGUSR1 makes Node open its inspector. One process at a time can have it. */
const INSPECTOR = 'http://127.0.0.1:9229';

/**
 * Takes a V8 CPU profile of one Node process as it runs, without having been started for it, and gives the file
 * (for the Performance panel of Chrome's DevTools, or speedscope).
 */
export async function profile(measured: MeasuredProcess, seconds: number, folder: string): Promise<string> {
  process.kill(measured.pid, 'SIGUSR1');
  const url = await until(inspectorUrl, { what: `the inspector of ${measured.name}`, timeoutMs: 5_000 });
  const session = await openSession(url);
  try {
    await session.call('Profiler.enable');
    await session.call('Profiler.setSamplingInterval', { interval: 500 });
    await session.call('Profiler.start');
    await delay(seconds * 1_000);
    const { profile: taken } = (await session.call('Profiler.stop')) as { profile: unknown };
    const file = path.join(folder, `${measured.name}.cpuprofile`);
    await writeFile(file, JSON.stringify(taken));
    return file;
  } finally {
    // Frees the port for the next one. The answer may not come: the connection closes with it.
    session.tell('Runtime.evaluate', { expression: `setTimeout(() => process.getBuiltinModule('node:inspector').close(), 50)` });
    session.close();
    await until(async () => (await inspectorUrl()) === undefined, { what: 'the end of the inspector', timeoutMs: 5_000 });
  }
}

async function inspectorUrl(): Promise<string | undefined> {
  try {
    const response = await fetch(`${INSPECTOR}/json/list`, { signal: AbortSignal.timeout(500) });
    const [target] = (await response.json()) as { webSocketDebuggerUrl: string }[];
    return target?.webSocketDebuggerUrl;
  } catch {
    return undefined;
  }
}

interface Session {
  call(method: string, params?: object): Promise<unknown>;
  tell(method: string, params?: object): void;
  close(): void;
}

interface Reply {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

async function openSession(url: string): Promise<Session> {
  const socket = new WebSocket(url);
  const calls = new Map<number, PromiseWithResolvers<unknown>>();
  let last = 0;
  socket.addEventListener('message', ({ data }) => {
    const reply = JSON.parse(String(data)) as Reply;
    const call = calls.get(reply.id ?? 0);
    calls.delete(reply.id ?? 0);
    if (reply.error === undefined) call?.resolve(reply.result);
    else call?.reject(new Error(reply.error.message));
  });
  socket.addEventListener('close', () => {
    for (const call of calls.values()) call.reject(new Error('the inspector closed'));
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error(`cannot connect to ${url}`)));
  });
  const tell = (method: string, params?: object): number => {
    last += 1;
    socket.send(JSON.stringify({ id: last, method, params }));
    return last;
  };
  return {
    call(method, params) {
      const call = Promise.withResolvers<unknown>();
      calls.set(tell(method, params), call);
      return call.promise;
    },
    tell: (method, params) => void tell(method, params),
    close: () => socket.close(),
  };
}
