import type { Clock } from '@techno/kernel';
import type { Breakers } from './executors/breaker.ts';

/**
 * When an intake may open again, from the state of its breakers. While one is open everything behind it would only come
 * back; so the messages stay where they are and spend no attempts.
 */
export interface Pauses {
  /** Until when (epoch ms) the breaker of that name is open. */
  openUntil(name: string): number | undefined;
}

export function followBreakers(breakers: Breakers, halfOpenAfterMs: number, clock: Clock): Pauses {
  const until = new Map<string, number>();
  breakers.onChange((name, state) => {
    if (state === 'open') until.set(name, clock.now() + halfOpenAfterMs);
    else until.delete(name);
  });
  return { openUntil: (name) => until.get(name) };
}
