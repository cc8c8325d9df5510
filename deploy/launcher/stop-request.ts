import { SECOND } from '@techno/kernel';

/**
 * Aborts when this process is asked to stop: Ctrl-C, SIGTERM, a closed terminal, or the end of the process it was
 * started for. Asking again changes nothing: a terminal and a parent may both pass on the same Ctrl-C.
 */
export function stopRequest(parentPid: number | undefined): { readonly signal: AbortSignal; dispose(): void } {
  const asked = new AbortController();
  const ask = (reason: string) => asked.abort(reason);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask);
  const timer = setInterval(() => {
    if (parentPid !== undefined && process.ppid !== parentPid) ask('its parent process ended');
  }, SECOND / 2);
  return {
    signal: asked.signal,
    dispose() {
      clearInterval(timer);
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, ask);
    },
  };
}
