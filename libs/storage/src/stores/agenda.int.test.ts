import { createDatabase } from '@techno/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createStoreRig, type StoreRig } from '../testing/store-rig.ts';
import { type Agenda, createAgenda } from './agenda.ts';
import type { NewAgendaItem } from './agenda-rows.ts';

let rig: StoreRig;
let agenda: Agenda;
beforeAll(async () => {
  rig = createStoreRig(await createDatabase());
  agenda = createAgenda(await rig.open('scheduler'));
});
afterAll(() => rig?.close());
beforeEach(() => rig.admin('delete from agenda_items'));

const NOW = new Date('2026-05-04T12:00:00Z');
let count = 0;

function item(more: Partial<NewAgendaItem> = {}): NewAgendaItem {
  const id = `evt_${String(++count).padStart(4, '0')}`;
  return {
    id,
    kind: 'event',
    owner: 'key_1',
    contextId: 'default',
    uid: id,
    title: 'Meeting',
    description: '',
    location: '',
    startsAt: NOW,
    endsAt: undefined,
    allDay: false,
    timeZone: 'UTC',
    recurrence: undefined,
    untilAt: more.startsAt ?? NOW,
    completedAt: undefined,
    remindAt: NOW,
    sequence: 0,
    createdAt: NOW,
    updatedAt: NOW,
    recipients: [],
    ...more,
  };
}

const at = (hours: number) => new Date(NOW.getTime() + hours * 3_600_000);

describe('importing', () => {
  it('updates what has the same UID of the same owner, and adds the rest', async () => {
    const known = item({ uid: 'a', recipients: ['ana'] });
    await agenda.add(known);
    await agenda.add(item({ uid: 'a', owner: 'key_2', title: 'theirs' }));
    const outcomes = await agenda.import([item({ uid: 'b', recipients: ['bob'] }), item({ uid: 'a', title: 'new' })], true);
    expect(outcomes).toEqual(['created', 'updated']);
    expect(await agenda.find('event', known.id, 'key_1')).toMatchObject({ title: 'new', revision: 2, recipients: ['ana'] });
    expect((await agenda.list({ kind: 'event', limit: 9 })).map(({ title }) => title).toSorted()).toEqual([
      'Meeting',
      'new',
      'theirs',
    ]);
    await agenda.import([item({ uid: 'a', recipients: ['bob'] })], false);
    expect(await agenda.find('event', known.id, undefined)).toMatchObject({ recipients: ['bob'] });
  });

  it('leaves a later version as it is', async () => {
    await agenda.import([item({ uid: 'a', sequence: 5, title: 'later' })], true);
    expect(await agenda.import([item({ uid: 'a', sequence: 4, title: 'earlier' })], true)).toEqual(['unchanged']);
    expect(await agenda.list({ kind: 'event', limit: 9 })).toMatchObject([{ title: 'later' }]);
  });

  it('of one file by two at once adds each item once', async () => {
    const files = [1, 2].map(() => Array.from({ length: 50 }, (_, index) => item({ uid: `u${index}`, recipients: ['ana'] })));
    const outcomes = await Promise.all(files.map((file) => agenda.import(file, false)));
    expect(outcomes.flat().filter((outcome) => outcome === 'created')).toHaveLength(50);
    expect(await agenda.list({ kind: 'event', limit: 200 })).toHaveLength(50);
  });
});

describe('a list', () => {
  it('goes by start and page, single items and series together, those without a time last', async () => {
    const series = { rule: 'FREQ=DAILY', except: [], extra: [], moved: [] };
    const all = [
      item({ startsAt: at(3) }),
      item({ startsAt: at(1), recurrence: series, untilAt: undefined }),
      item({ startsAt: at(2) }),
      item({ startsAt: at(2) }),
      item({ startsAt: undefined, untilAt: undefined }),
    ];
    for (const one of all) await agenda.add(one);
    const seen: string[] = [];
    let after: { startsAt: Date | undefined; id: string } | undefined;
    for (let pages = 0; pages < 9; pages++) {
      const page = await agenda.list({ kind: 'event', owner: 'key_1', after, limit: 2 });
      const last = page.at(-1);
      if (last === undefined) break;
      seen.push(...page.map(({ id }) => id));
      after = last;
    }
    expect(seen).toEqual([1, 2, 3, 0, 4].map((index) => all[index]?.id));
  });

  it('is narrowed by owner, recipient, time and whether it is done', async () => {
    await agenda.add(item({ id: 'past', startsAt: at(-9), untilAt: at(-9) }));
    await agenda.add(
      item({ id: 'goes-on', startsAt: at(-9), untilAt: undefined, recurrence: { except: [], extra: [], moved: [] } }),
    );
    await agenda.add(item({ id: 'soon', startsAt: at(1), recipients: ['ana'], completedAt: NOW }));
    await agenda.add(item({ id: 'theirs', startsAt: at(1), owner: 'key_2' }));
    const ids = async (filter: object) => (await agenda.list({ kind: 'event', limit: 9, ...filter })).map(({ id }) => id);
    expect(await ids({ owner: 'key_1', from: NOW })).toEqual(['goes-on', 'soon']);
    expect(await ids({ to: NOW })).toEqual(['goes-on', 'past']);
    expect(await ids({ recipient: 'ana' })).toEqual(['soon']);
    expect(await ids({ owner: 'key_1', done: false, from: NOW })).toEqual(['goes-on']);
    expect(await ids({ kind: 'task' })).toEqual([]);
  });
});

describe('one item', () => {
  it('of another owner is not found, changed or removed', async () => {
    const theirs = item({ owner: 'key_2' });
    await agenda.add(theirs);
    expect(await agenda.find('event', theirs.id, 'key_1')).toBeUndefined();
    expect(await agenda.find('task', theirs.id, 'key_2')).toBeUndefined();
    expect(await agenda.change('event', theirs.id, 'key_1', (now) => now)).toBeUndefined();
    expect(await agenda.remove('event', theirs.id, 'key_1')).toBe(false);
    expect(await agenda.removeNamed('key_1', 'event', [theirs.uid])).toBe(0);
    expect(await agenda.remove('event', theirs.id, undefined)).toBe(true);
    expect(await rig.admin('select 1 from agenda_recipients')).toEqual([]);
  });

  it('that was changed since it was read is not moved on', async () => {
    const one = item();
    await agenda.add(one);
    const [read] = await agenda.due('event', NOW, undefined, 9);
    await agenda.change('event', one.id, undefined, (now) => ({ ...now, title: 'changed' }));
    await agenda.advance([{ id: one.id, revision: read?.revision ?? 0, remindAt: undefined }]);
    expect(await agenda.due('event', NOW, undefined, 9)).toMatchObject([{ title: 'changed' }]);
    await agenda.advance([{ id: one.id, revision: (read?.revision ?? 0) + 1, remindAt: undefined }]);
    expect(await agenda.due('event', NOW, undefined, 9)).toEqual([]);
  });
});
