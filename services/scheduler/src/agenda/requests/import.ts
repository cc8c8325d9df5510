import { importCalendar } from '@techno/contracts';
import { type Endpoint, endpoint } from '@techno/jetstream';
import { readCalendar } from '../calendar/import.ts';
import { checkedZone } from '../times.ts';
import { type AgendaDeps, requireContacts } from './deps.ts';

/** Takes in iCalendar files: what the owner has by that UID is updated, the rest is new. */
export function importRequests({ agenda, briefs, clock }: AgendaDeps): Endpoint[] {
  return [
    endpoint(importCalendar, async ({ by, calendar, time_zone, context_id, recipients }) => {
      const zone = checkedZone(time_zone);
      await requireContacts(briefs, recipients ?? []);
      const { items, cancelled, refused } = await readCalendar(calendar, {
        owner: by,
        contextId: context_id,
        zone,
        recipients: recipients ?? [],
        nowMs: clock.now(),
      });
      const outcomes = await agenda.import(items, recipients === undefined);
      let removed = 0;
      for (const kind of ['event', 'task'] as const) {
        const uids = cancelled.filter((one) => one.kind === kind).map(({ uid }) => uid);
        removed += await agenda.removeNamed(by, kind, uids);
      }
      const count = (wanted: (typeof outcomes)[number]) => outcomes.filter((outcome) => outcome === wanted).length;
      return {
        created: count('created'),
        updated: count('updated'),
        unchanged: count('unchanged'),
        removed,
        refused: refused.toSorted((a, b) => a.line - b.line),
      };
    }),
  ];
}
