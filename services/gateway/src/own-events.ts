import type { CanonicalEvent } from '@techno/contracts';

/** Traces remembered for one stream; older ones have long ended. */
const REMEMBERED = 10_000;

/**
 * Lets through the events of one principal's actions (all of them for `undefined`). Whose an action is becomes known with
 * its DECISION: what came before it is held back until then, and dropped if it was somebody else's.
 */
export function ownEvents(principal: string | undefined): (events: readonly CanonicalEvent[]) => readonly CanonicalEvent[] {
  if (principal === undefined) return (events) => events;
  const own = new Set<string>();
  const held = new Map<string, CanonicalEvent[]>();

  return (events) =>
    events.flatMap((event) => {
      const { trace_id: trace } = event;
      if (own.has(trace)) return [event];
      if (event.event !== 'DECISION') {
        bounded(held, trace, [...(held.get(trace) ?? []), event]);
        return [];
      }
      const before = held.get(trace) ?? [];
      held.delete(trace);
      if (event.data['principal'] !== principal) return [];
      own.add(trace);
      const oldest = own.values().next().value;
      if (own.size > REMEMBERED && oldest !== undefined) own.delete(oldest);
      return [...before, event];
    });
}

function bounded(held: Map<string, CanonicalEvent[]>, trace: string, events: CanonicalEvent[]): void {
  held.set(trace, events);
  const oldest = held.keys().next().value;
  if (held.size > REMEMBERED && oldest !== undefined) held.delete(oldest);
}
