import { TerminalError } from '@techno/kernel';
import type { AgendaFilter, AgendaItem } from '@techno/storage';

interface Asked {
  readonly owner?: string | undefined;
  readonly recipient?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly cursor?: string | undefined;
}

/** What a page is asked for by. Throws TerminalError AGENDA_CURSOR_INVALID. */
export function pageFilter({ owner, recipient, from, to, cursor }: Asked): Omit<AgendaFilter, 'kind' | 'limit'> {
  return {
    owner,
    recipient,
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
    after: cursor === undefined ? undefined : readCursor(cursor),
  };
}

/** Says after which item the next page begins; undefined where there is none to go on after. */
export function cursorAfter(item: AgendaItem | undefined): string | undefined {
  if (item === undefined) return undefined;
  return Buffer.from(`${item.startsAt?.getTime() ?? ''} ${item.id}`).toString('base64url');
}

function readCursor(cursor: string): NonNullable<AgendaFilter['after']> {
  const [, at = '', id = ''] = /^(-?\d{0,15}) ([\w-]{1,80})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (id === '') throw new TerminalError('AGENDA_CURSOR_INVALID', 'the cursor is none that a page gave');
  return { startsAt: at === '' ? undefined : new Date(Number(at)), id };
}
