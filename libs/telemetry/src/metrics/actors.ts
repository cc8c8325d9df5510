import type { Registry } from 'prom-client';
import { counterCells, gaugeCells, histogramCells } from './cells.ts';

/** Counts of one actor, resolved once and kept by its observer. */
export interface ActorMetrics {
  /** `actor_in_flight{actor}` goes up. */
  begun(): void;
  /** `actor_in_flight` goes down; `actor_attempts_total{actor,outcome}`, `actor_attempt_duration_seconds{actor}`. */
  ended(outcome: string, seconds: number): void;
  /** `actor_retries_total{actor,code}`: attempts that will be made again. */
  retried(code: string): void;
  /** `dead_letters_total{actor,code}`. */
  deadLettered(code: string): void;
}

const CODE = /^[A-Z][A-Z0-9_]{1,63}$/;

/** Codes are a static set, save those that foreign libraries throw. */
function staticCode(code: string): string {
  return CODE.test(code) ? code : 'OTHER';
}

export function actorMetrics(registry: Registry): (actor: string) => ActorMetrics {
  const attempts = counterCells(registry, {
    name: 'actor_attempts_total',
    help: 'Attempts by actor and outcome: ok, retry, dead_letter or released',
    labels: ['actor', 'outcome'],
  });
  const duration = histogramCells(registry, {
    name: 'actor_attempt_duration_seconds',
    help: 'Time of one attempt, from taking the message to settling it',
    labels: ['actor'],
    bucketsSeconds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  });
  const inFlight = gaugeCells(registry, {
    name: 'actor_in_flight',
    help: 'Attempts that run now',
    labels: ['actor'],
  });
  const retries = counterCells(registry, {
    name: 'actor_retries_total',
    help: 'Attempts that failed and will be made again, by error code',
    labels: ['actor', 'code'],
  });
  const deadLetters = counterCells(registry, {
    name: 'dead_letters_total',
    help: 'Messages given up, by error code',
    labels: ['actor', 'code'],
  });
  return (actor) => {
    const running = inFlight({ actor });
    const observe = duration({ actor });
    const ok = attempts({ actor, outcome: 'ok' });
    return {
      begun: () => running.inc(),
      ended(outcome, seconds) {
        running.dec();
        (outcome === 'ok' ? ok : attempts({ actor, outcome })).inc();
        observe(seconds);
      },
      retried: (code) => retries({ actor, code: staticCode(code) }).inc(),
      deadLettered: (code) => deadLetters({ actor, code: staticCode(code) }).inc(),
    };
  };
}
