import type { CanonicalEvent, CanonicalEventName } from '@techno/contracts';
import { isSecretName } from './redact.ts';
import { scrubLine } from './scrub.ts';

const LAYER: Record<CanonicalEventName, 'http' | 'gate' | 'executor'> = {
  REQUEST_START: 'http',
  REQUEST_END: 'http',
  GATE_EVALUATED: 'gate',
  DECISION: 'gate',
  EXECUTOR_SELECTED: 'executor',
  ACTION_STARTED: 'executor',
  ACTION_EXECUTED: 'executor',
  ACTION_FAILED: 'executor',
  RESULT_VALIDATED: 'executor',
  NOTIFICATION_SETTLED: 'executor',
  DEAD_LETTERED: 'executor',
};

/**
 * Canonical events as JSON lines, put together by hand: there are about nine for each action, and going through the logger
 * would cost four times as much. Order of fields: level, time, service, pid, layer, event, trace_id, at, data.
 */
export function canonicalLines(service: string, timestamp: () => string): (events: readonly CanonicalEvent[]) => string {
  const origin = `","service":${JSON.stringify(service)},"pid":${process.pid},"layer":"`;
  return (events) => {
    const start = `{"level":"info","time":"${timestamp()}${origin}`;
    let lines = '';
    for (const event of events) {
      lines += `${start}${LAYER[event.event]}",${JSON.stringify(withoutSecrets(event)).slice(1)}\n`;
    }
    return scrubLine(lines);
  };
}

/** By contract `data` holds ids, codes and figures only. A secret name in it is a mistake, which must not reach the log. */
function withoutSecrets(event: CanonicalEvent): CanonicalEvent {
  for (const name in event.data) {
    if (isSecretName(name)) {
      const data = Object.fromEntries(Object.entries(event.data).filter(([field]) => !isSecretName(field)));
      return { ...event, data };
    }
  }
  return event;
}
