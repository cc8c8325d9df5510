import type { Endpoint } from '@techno/jetstream';
import type { AgendaDeps } from './deps.ts';
import { eventRequests } from './events.ts';
import { importRequests } from './import.ts';
import { taskRequests } from './tasks.ts';

/** Everything that the agenda is asked. */
export function agendaRequests(deps: AgendaDeps): Endpoint[] {
  return [...eventRequests(deps), ...taskRequests(deps), ...importRequests(deps)];
}
