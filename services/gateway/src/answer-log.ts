import { envelope, type Transport } from '@techno/actor';
import { type ActionAnswered, actionAnswered, type CanonicalEvent, eventsOf } from '@techno/contracts';
import { type Clock, every, newId, rfc3339 } from '@techno/kernel';

type Answer = ActionAnswered['answers'][number];

/** What was answered to whom, for the log at once and for the record many at a time. */
export interface AnswerLog {
  add(answer: Answer): void;
  run(signal: AbortSignal): Promise<void>;
  flush(): Promise<void>;
}

const EVERY_MS = 100;
const MAX_ANSWERS = 500;
/** Beyond it the oldest are dropped: the record of an answer is worth less than the memory of a gateway without NATS. */
const MAX_WAITING = 20_000;

export function createAnswerLog(deps: {
  transport: Transport;
  clock: Clock;
  logEvents: (events: readonly CanonicalEvent[]) => void;
}): AnswerLog {
  let waiting: Answer[] = [];

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const answers = waiting.slice(0, MAX_ANSWERS);
      waiting = waiting.slice(MAX_ANSWERS);
      const now = deps.clock.now();
      const message = envelope(
        actionAnswered,
        { answers },
        { causeId: newId('ans', now), source: 'gateway', traceparent: '', now: rfc3339(now) },
      );
      try {
        await deps.transport.publish(message);
      } catch {
        waiting = [...answers, ...waiting].slice(-MAX_WAITING);
        return;
      }
    }
  }

  return {
    add(answer) {
      deps.logEvents(eventsOf['action.answered']({ answers: [answer] }));
      waiting.push(answer);
      if (waiting.length > MAX_WAITING) waiting.shift();
    },
    run: (signal) => every(EVERY_MS, signal, flush),
    flush,
  };
}
