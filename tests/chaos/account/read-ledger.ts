import { Agent, get } from 'node:http';
import { withConnection } from '@techno/embedded';
import { verifyAuditTrail } from '@techno/storage';
import type { StackFile } from '../../e2e/launched.ts';
import type { Upstream } from '../../support/upstream.ts';
import type { Answer } from '../traffic/traffic.ts';
import type { Ledger, Recorded } from './ledger.ts';

/** Requests of one run: `id` of their payloads begins with the run's. Webhooks carry it the same way. */
const PAYLOAD_ID = `i.request->'request'->'payload'->>'id'`;

const OPEN = `
  select count(*) as open from inbox i left join actions a using (trace_id)
  where i.accepted_at >= $1 and ${PAYLOAD_ID} like $2 and (a.rank is null or a.rank < 2)`;

// An action's own end is `ended:<decision>:<attempt>`; a step's has its id in between.
const RECORDED = `
  select i.trace_id, ${PAYLOAD_ID} as id, a.status, i.drives,
    (select count(*) from audit_trail t, regexp_split_to_table(t.key, ' ') as happened
      where t.trace_id = i.trace_id and happened ~ '^ended:[^:]+:[0-9]+$') as ends,
    (select min(d.decided_at) from decisions d where d.trace_id = i.trace_id and d.outcome = 'ALLOW') as allowed_at,
    exists (select 1 from executions e where e.trace_id = i.trace_id and e.step = '' and e.state = 'completed') as executed
  from inbox i left join actions a using (trace_id) where i.accepted_at >= $1 and ${PAYLOAD_ID} like $2`;

// A step's decision is recorded under `<trace>/<step>`.
const UNALLOWED = `
  select e.trace_id from executions e where e.started_at >= $1 and not exists (
    select 1 from decisions d
    where d.trace_id = case when e.step = '' then e.trace_id else e.trace_id || '/' || e.step end
      and d.decision_id = e.decision_id and d.outcome = 'ALLOW'
      and d.decided_at <= e.started_at + $2 * interval '1 millisecond')`;

// What the trail must tell of an action that ended so: that it was asked for, what was decided, and how its execution ended.
const UNTOLD = `
  select i.trace_id, a.status, array_to_string(told, ', ') as told from inbox i join actions a using (trace_id), lateral (
    select coalesce(array_agg(distinct split_part(happened, ':', 1)), '{}') as told
    from audit_trail t, regexp_split_to_table(t.key, ' ') as happened where t.trace_id = i.trace_id) as trail
  where i.accepted_at >= $1 and ${PAYLOAD_ID} like $2 and a.rank >= 2 and not told @> case
    when a.status in ('COMPLETED', 'FAILED', 'UNKNOWN') then '{requested,decided,ended}'::text[]
    when a.status = 'DENIED' then '{requested,decided}'::text[]
    else '{requested}'::text[] end`;

export interface RunScope {
  readonly runId: string;
  readonly since: Date;
  /** How far the clocks of two services may be apart: that much a decision may seem to come after its effect. */
  readonly clocksApartMs: number;
}

/** How many requests of the run the gateway took in that have not ended. */
export async function openActions(postgres: string, { runId, since }: RunScope): Promise<number> {
  return withConnection(postgres, async (client) => {
    const { rows } = await client.query<{ open: string }>(OPEN, [since, `${runId}-%`]);
    return Number(rows[0]?.open ?? 0);
  });
}

/** Actions of the run that ended, and whose trail does not tell all of it. */
export async function untoldActions(postgres: string, { runId, since }: RunScope): Promise<string[]> {
  return withConnection(postgres, async (client) => {
    const { rows } = await client.query<{ trace_id: string; status: string; told: string }>(UNTOLD, [since, `${runId}-%`]);
    return rows.map(({ trace_id, status, told }) => `${trace_id}: ${status}, and the trail tells of ${told || 'nothing'}`);
  });
}

/** Reads everything back: the record, the upstream, and every accepted id as a caller would, over HTTP. */
export async function readLedger(
  stack: StackFile,
  scope: RunScope,
  answers: readonly Answer[],
  upstream: Upstream,
): Promise<Ledger> {
  const own = (id: string) => id.startsWith(`${scope.runId}-`);
  const [recorded, unallowed] = await withConnection(stack.postgres, async (client) => {
    const { rows } = await client.query<{
      trace_id: string;
      id: string;
      status: string | null;
      drives: number;
      ends: string;
      allowed_at: Date | null;
      executed: boolean;
    }>(RECORDED, [scope.since, `${scope.runId}-%`]);
    const without = await client.query<{ trace_id: string }>(UNALLOWED, [scope.since, scope.clocksApartMs]);
    const found: Recorded[] = rows.map((row) => ({
      traceId: row.trace_id,
      id: row.id,
      status: row.status ?? undefined,
      drives: row.drives,
      ends: Number(row.ends),
      allowedAt: row.allowed_at?.getTime(),
      executed: row.executed,
    }));
    return [found, without.rows.map(({ trace_id: traceId }) => traceId)] as const;
  });
  const trail = await verifyAuditTrail({ url: stack.postgres });
  const accepted = answers.filter(({ status }) => status >= 200 && status < 300).flatMap(({ traceId }) => traceId ?? []);
  const firstAt = new Map<string, number>();
  for (const { id, at } of upstream.log) if (own(id) && !firstAt.has(id)) firstAt.set(id, at);
  return {
    told: answers,
    recorded,
    effects: {
      counts: new Map([...upstream.effects].filter(([id]) => own(id))),
      keys: new Map([...upstream.keys].filter(([id]) => own(id))),
      firstAt,
    },
    readBack: await readBack(stack, accepted),
    unallowed,
    untold: await untoldActions(stack.postgres, scope),
    clocksApartMs: scope.clocksApartMs,
    trail: trail.ok ? { ok: true } : { ok: false, detail: trail.detail },
  };
}

/** Everything on record of single actions, for whoever has to find out what happened to them. */
export async function recordOf(postgres: string, traceIds: readonly string[]): Promise<Record<string, unknown[]>> {
  return withConnection(postgres, async (client) => {
    const tables = {
      inbox: 'trace_id = any($1) order by trace_id',
      decisions: `split_part(trace_id, '/', 1) = any($1) order by trace_id, replay, round`,
      executions: 'trace_id = any($1) order by trace_id, step',
      audit_trail: 'trace_id = any($1) order by seq',
      actions: 'trace_id = any($1) order by trace_id',
      worker_dlq: 'trace_id = any($1) order by id',
    };
    const found: Record<string, unknown[]> = {};
    for (const [table, which] of Object.entries(tables)) {
      found[table] = (await client.query(`select * from ${table} where ${which}`, [traceIds])).rows;
    }
    return found;
  });
}

const AT_ONCE = 16;

async function readBack(stack: StackFile, traceIds: readonly string[]): Promise<Map<string, string | undefined>> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const found = new Map<string, string | undefined>();
  const left = [...new Set(traceIds)];
  const worker = async () => {
    for (let traceId = left.pop(); traceId !== undefined; traceId = left.pop())
      found.set(traceId, await statusOf(agent, stack, traceId));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  agent.destroy();
  return found;
}

function statusOf(agent: Agent, stack: StackFile, traceId: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const url = `${stack.gateway}/v1/actions/${traceId}`;
    get(url, { agent, headers: { 'x-api-key': stack.apiKey }, timeout: 20_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        resolve(response.statusCode === 200 ? (JSON.parse(text) as { status: string }).status : undefined),
      );
    }).on('error', () => resolve(undefined));
  });
}
