import type { ActionView } from '@techno/contracts';
import type { Endpoint } from '@techno/jetstream';
import { systemClock, traceIdFrom } from '@techno/kernel';
import { createActions, createAuditTrail, type Database, openDatabase, verifyAuditTrail } from '@techno/storage';
import { createDatabase, type TestDatabase } from '@techno/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordActions, recordDeadLetters } from './actors/record-actions.ts';
import { allowed, answered, buried, completed, denied, failed, received, requested, TRACE } from './record.fixture.ts';
import { auditorRequests } from './requests.ts';

let test: TestDatabase;
let database: Database;
let endpoints: Endpoint[];
let written: number[];
let actor: ReturnType<typeof recordActions>;
let deadLetters: ReturnType<typeof recordDeadLetters>;

beforeAll(async () => {
  test = await createDatabase();
  database = await openDatabase({ url: test.url('auditor'), applicationName: 'auditor-test' });
  const trail = createAuditTrail(database, () => systemClock.now());
  endpoints = auditorRequests({ actions: createActions(database), trail });
  written = [];
  const deps = { trail, onWritten: (_consumer: string, rows: number) => void written.push(rows) };
  actor = recordActions(deps);
  deadLetters = recordDeadLetters(deps);
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

async function ask<T>(name: string, input: unknown): Promise<T> {
  const { contract, answer } = endpoints.find(({ contract }) => contract.name === name)!;
  return contract.output.parse(await answer(contract.input.parse(input))) as T;
}
const find = async (traceId: string, principal?: string) =>
  (await ask<{ action?: ActionView }>('action.find', { trace_id: traceId, principal })).action;
interface Audit {
  verified: boolean;
  rows: { seq: number; hash: string; intact: boolean; events: { event: string }[] }[];
}
const audit = (traceId: string, principal?: string) => ask<Audit>('audit.trace', { trace_id: traceId, principal });

const WHOLE = [
  received('action.requested', requested),
  received('action.allowed', allowed),
  received('action.completed', completed),
  received('action.answered', answered),
];

describe('an action on record', () => {
  it('is written as it comes, and once however often it is told', async () => {
    const [first, ...rest] = WHOLE;
    await actor.handle(first === undefined ? [] : [first]);
    await actor.handle(rest);
    // What comes together of one trace is one row.
    expect(written).toEqual([1, 1]);
    expect(await find(TRACE)).toEqual({
      trace_id: TRACE,
      status: 'COMPLETED',
      action: 'echo',
      context_id: 'default',
      origin: 'api',
      principal: 'key_1',
      decision_id: 'dec_1',
      executor_id: 'echo_executor_v1',
      result: { ok: true },
      replays: 0,
      received_at: requested.received_at,
      decided_at: allowed.decision.decided_at,
      finished_at: completed.finished_at,
      execution_time_ms: 12.5,
    });
    await actor.handle(WHOLE);
    await actor.handle([...WHOLE].reverse());
    expect(written).toEqual([1, 1, 0, 0]);
    expect((await find(TRACE))?.status).toBe('COMPLETED');
  });

  it('has a chain of rows, each verified, in the order in which things happened', async () => {
    const { verified, rows } = await audit(TRACE);
    expect(verified).toBe(true);
    expect(rows.map(({ intact }) => intact)).toEqual([true, true]);
    expect(rows.flatMap(({ events }) => events.map(({ event }) => event))).toEqual([
      'REQUEST_START',
      'GATE_EVALUATED',
      'DECISION',
      'EXECUTOR_SELECTED',
      'ACTION_STARTED',
      'RESULT_VALIDATED',
      'ACTION_EXECUTED',
      'REQUEST_END',
    ]);
    expect(await verifyAuditTrail({ url: test.url('auditor') })).toMatchObject({ ok: true, rows: 2 });
  });

  it('is seen by its principal and by who may see all, and looks like none to anybody else', async () => {
    expect((await find(TRACE, 'key_1'))?.trace_id).toBe(TRACE);
    expect(await find(TRACE, 'key_2')).toBeUndefined();
    expect(await find(`tr_${'00'.repeat(16)}`)).toBeUndefined();
    expect((await audit(TRACE, 'key_1')).rows).toHaveLength(2);
    expect(await audit(TRACE, 'key_2')).toEqual({ trace_id: TRACE, verified: false, rows: [] });
  });

  it('never goes back: what comes late is written to the trail and changes no status', async () => {
    const traceId = traceIdFrom('0000000000aa'.padEnd(32, '1'));
    const of = <T extends object>(body: T) => ({ ...body, trace_id: traceId });
    await actor.handle([received('action.failed', of(failed))]);
    await actor.handle([received('action.allowed', of(allowed)), received('action.requested', of(requested))]);
    expect(await find(traceId)).toMatchObject({ status: 'FAILED', error: failed.error, principal: 'key_1', origin: 'api' });
    await deadLetters.handle([received('dead_letter', of(buried))]);
    expect((await find(traceId))?.status).toBe('DEAD_LETTERED');
    await actor.handle([received('action.completed', of(completed))]);
    expect((await find(traceId))?.status).toBe('DEAD_LETTERED');
    // Until an operator replays it.
    await actor.handle([received('action.completed', { ...of(completed), replay: 1, decision_id: 'dec_2' })]);
    const view = await find(traceId);
    expect(view).toMatchObject({ status: 'COMPLETED', replays: 1, result: { ok: true } });
    expect(view?.error).toBeUndefined();
  });
});

describe('action.list', () => {
  const ids = Array.from({ length: 5 }, (_, n) => traceIdFrom(`01a1fc00000${n}`.padEnd(32, '2')));

  beforeAll(async () => {
    await actor.handle(
      ids.flatMap((trace_id, n) => {
        const receivedAt = `2026-11-21T0${n}:00:00.000Z`;
        const own = {
          ...requested,
          trace_id,
          received_at: receivedAt,
          request: { ...requested.request, action: `listed-${n % 2}` },
        };
        const end = {
          ...denied,
          trace_id,
          received_at: receivedAt,
          action: `listed-${n % 2}`,
          principal: { ...denied.principal!, id: `key_${n % 2}` },
        };
        return [received('action.requested', own), ...(n === 4 ? [] : [received('action.denied', end)])];
      }),
    );
  });
  interface Page {
    actions: { trace_id: string; status: string }[];
    next?: string;
  }
  const list = (filter: object) => ask<Page>('action.list', { limit: 50, ...filter });
  const idsOf = async (filter: object) =>
    (await list(filter)).actions.map(({ trace_id: id }) => ids.indexOf(id)).filter((n) => n >= 0);

  it('gives the newest first, page by page, without gap or repeat', async () => {
    const seen: string[] = [];
    let before: string | undefined;
    do {
      const page: Page = await list({ limit: 2, before });
      expect(page.actions.length).toBeLessThanOrEqual(2);
      seen.push(...page.actions.map(({ trace_id: id }) => id));
      before = page.next;
    } while (before !== undefined);
    expect(seen).toEqual(seen.toSorted().toReversed());
    expect(new Set(seen).size).toBe(seen.length);
    expect(ids.every((id) => seen.includes(id))).toBe(true);
  });

  it('filters by status, action, principal and time, and by all of them', async () => {
    expect(await idsOf({ status: 'ACCEPTED' })).toEqual([4]);
    expect(await idsOf({ action: 'listed-1' })).toEqual([3, 1]);
    expect(await idsOf({ principal: 'key_0' })).toEqual([2, 0]);
    expect(await idsOf({ principal: 'key_0', status: 'DENIED', action: 'listed-1' })).toEqual([]);
    expect(await idsOf({ principal: 'key_1', status: 'DENIED', action: 'listed-1' })).toEqual([3, 1]);
  });
});
