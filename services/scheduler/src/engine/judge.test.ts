import { schedule } from '@techno/contracts';
import type { StoredRun, StoredSchedule } from '@techno/storage';
import { expect, it } from 'vitest';
import { judge } from './judge.ts';

const AT = new Date('2026-11-02T12:00:00Z');
const given = { name: 'a', action: 'echo', context_id: 'default', interval_seconds: 60 };

function standing(more: Partial<StoredSchedule> = {}, pauseAfter?: number): StoredSchedule {
  return {
    id: 'sch_1',
    owner: 'key_1',
    work: { kind: 'action', schedule: schedule.parse({ ...given, pause_after_failures: pauseAfter }) },
    state: 'active',
    pausedBy: undefined,
    revision: 0,
    countedFrom: AT,
    next: undefined,
    failures: 0,
    denied: false,
    createdAt: AT,
    updatedAt: AT,
    ...more,
  };
}

const ended = (...statuses: StoredRun['status'][]): StoredRun[] =>
  statuses.map((status, index) => ({ id: `run_${index}`, status, traceId: `tr_${index}`, reason: 'WHY' }) as StoredRun);

it.each<[string, StoredSchedule, StoredRun[], { failures: number; denied: boolean; pause: boolean }, string[]]>([
  [
    'one that completes',
    standing({ failures: 3, denied: true }),
    ended('completed'),
    { failures: 0, denied: false, pause: false },
    [],
  ],
  ['one that fails', standing({ failures: 3 }), ended('failed'), { failures: 4, denied: false, pause: false }, []],
  ['a first denial', standing(), ended('denied'), { failures: 1, denied: true, pause: false }, ['sch_1.denied.run_0']],
  ['a denial after another', standing({ denied: true }), ended('denied'), { failures: 1, denied: true, pause: false }, []],
  [
    'denials of one batch',
    standing(),
    ended('denied', 'denied'),
    { failures: 2, denied: true, pause: false },
    ['sch_1.denied.run_0'],
  ],
  [
    'a denial after one that completed',
    standing({ denied: true }),
    ended('completed', 'denied'),
    { failures: 1, denied: true, pause: false },
    ['sch_1.denied.run_1'],
  ],
  [
    'the last failure it allows',
    standing({ failures: 1 }, 2),
    ended('failed'),
    { failures: 2, denied: false, pause: true },
    ['sch_1.paused.run_0'],
  ],
  [
    'failures of one batch',
    standing({}, 2),
    ended('failed', 'unknown', 'failed'),
    { failures: 3, denied: false, pause: true },
    ['sch_1.paused.run_1'],
  ],
  [
    'a failure while it is paused',
    standing({ failures: 5, state: 'paused' }, 2),
    ended('failed'),
    { failures: 6, denied: false, pause: false },
    [],
  ],
  [
    'a failed job of the system',
    standing({ work: { kind: 'job', everyMs: 1 } }),
    ended('dead_lettered'),
    { failures: 0, denied: false, pause: false },
    [],
  ],
])('%s', (_what, stored, runs, expected, notices) => {
  const consequence = judge(stored, runs);
  expect(consequence).toMatchObject(expected);
  expect(consequence.notices.map(({ id }) => id)).toEqual(notices);
});
