import { TransientMap } from '@techno/kernel';

/**
 * Calls `react` when the signal comes, until what it returns is called. For signals that live as long as the process and are
 * heard by whatever is in hand: a listener for each would be looked for in the list of all the others, and the list, whose
 * removed links still lead on to the next, keeps all of them from dying young (see TransientMap). Nothing for a signal that
 * has come already.
 */
export function onAbort(signal: AbortSignal, react: () => void): () => void {
  let reactions = ofSignal.get(signal);
  if (reactions === undefined) ofSignal.set(signal, (reactions = listen(signal)));
  const { waiting } = reactions;
  const number = reactions.count++;
  waiting.set(number, react);
  return () => void waiting.delete(number);
}

interface Reactions {
  count: number;
  readonly waiting: TransientMap<number, () => void>;
}

const ofSignal = new WeakMap<AbortSignal, Reactions>();

function listen(signal: AbortSignal): Reactions {
  const waiting = new TransientMap<number, () => void>();
  const reactToAll = () => {
    for (const react of waiting.values()) react();
  };
  signal.addEventListener('abort', reactToAll, { once: true });
  return { count: 0, waiting };
}
