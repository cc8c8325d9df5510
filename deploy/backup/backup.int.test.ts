import { readFile, writeFile } from 'node:fs/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { withConnection } from '@techno/embedded';
import { connectBus, ensureStreams, positionOf } from '@techno/jetstream';
import { createAuditTrail, openDatabase } from '@techno/storage';
import { createDatabase, startNats, type TestDatabase, type TestNats } from '@techno/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBackup } from './create.ts';
import { restoreBackup } from './restore.ts';
import { verifyBackup } from './verify.ts';

const quiet = { step: <T>(_text: string, work: () => Promise<T>) => work(), note() {} };
const dir = mkdtempSync(path.join(tmpdir(), 'techno-backup-'));
const file = path.join(dir, 'one.tar.gz.age');
const AWKWARD = { text: 'tab\t, line\n, back\\slash, null \\N, ünï ✓', list: [1, null, '\\.'] };

let identity: string;
let recipient: string;
let source: { database: TestDatabase; nats: TestNats };
const opened: { drop?: () => Promise<void>; stop?: () => Promise<void> }[] = [];

beforeAll(async () => {
  identity = await generateIdentity();
  recipient = await identityToRecipient(identity);
  source = { database: await createDatabase(), nats: await startNats() };
  opened.push(source.database, source.nats);
  await fill(source);
  await createBackup({ postgres: source.database.adminUrl, nats: source.nats.url }, { file, recipients: [recipient] }, quiet);
});

afterAll(async () => {
  await Promise.all(opened.map(async (one) => (one.drop === undefined ? one.stop?.() : one.drop())));
  rmSync(dir, { recursive: true, force: true });
});

/** A trail of three rows, two actions under way whose effect cannot be repeated, and a consumer in the middle of its stream. */
async function fill({ database, nats }: typeof source): Promise<void> {
  const opening = await openDatabase({ url: database.adminUrl, applicationName: 'test' });
  const trail = createAuditTrail(opening, () => Date.parse('2026-11-21T10:00:00.123Z'));
  for (const at of [1, 2, 3]) {
    const event = { event: 'REQUEST_START', trace_id: `tr_${at}`, at: '2026-11-21T10:00:00.000Z', data: AWKWARD };
    await trail.append([{ traceId: `tr_${at}`, key: `requested:${at}`, events: [event as never] }], []);
  }
  await opening.close();
  await withConnection(database.adminUrl, async (client) => {
    const document = {
      actions: {
        pay: { http: { effect: 'unkeyed' } },
        look: { http: { effect: 'keyed' } },
        both: {
          composite: {
            steps: [
              { id: 'first', action: 'pay' },
              { id: 'second', action: 'look' },
            ],
          },
        },
      },
    };
    await client.query(`insert into policies (revision, document, note, applied_by) values (1, $1, '', 'test')`, [document]);
    for (const action of ['pay', 'look', 'both']) {
      await client.query(
        `insert into inbox (trace_id, caller, fingerprint, request, traceparent, due_at) values ($1, 'c', 'f', $2, 't', now())`,
        [`tr_${action}`, { request: { action, payload: AWKWARD } }],
      );
    }
    await client.query(
      `insert into webhook_rejections (source, reason, bytes) select 's', 'r', n from generate_series(1, 3) as n`,
    );
  });
  const bus = await connectBus({ url: nats.url, name: 'test' });
  await ensureStreams(bus);
  for (let n = 1; n <= 10; n++) await bus.js.publish('action.denied', `message ${n}`, { msgID: `m${n}` });
  await bus.jsm.consumers.add('ACTIONS', { durable_name: 'reader', ack_policy: 'explicit' });
  const consumer = await bus.js.consumers.get('ACTIONS', 'reader');
  for await (const message of await consumer.fetch({ max_messages: 4 })) await message.ackAck();
  await bus.close();
}

async function emptyTarget() {
  const database = await createDatabase({ empty: true });
  const nats = await startNats();
  opened.push(database, nats);
  return { postgres: database.adminUrl, nats: nats.url, rolePasswords: {} };
}

const restoreInto = async (target: Awaited<ReturnType<typeof emptyTarget>>) =>
  restoreBackup({ file, identity, manifest: (await verifyBackup(file, identity)).manifest }, target, quiet);

describe('a backup', () => {
  it('adds up and its trail holds, without any stack', async () => {
    const { manifest } = await verifyBackup(file, identity);
    expect(manifest.postgres.auditTrail).toMatchObject({ ok: true, rows: 3 });
    expect(manifest.streams.find(({ name }) => name === 'ACTIONS')?.position).toMatchObject({
      messages: 10,
      settled: { reader: 4 },
    });
  });

  it('gives nothing away and does not hold its key', async () => {
    const bytes = await readFile(file);
    expect(bytes.includes(identity)).toBe(false);
    expect(bytes.includes('REQUEST_START')).toBe(false);
  });

  it.each([
    ['a flipped bit', (bytes: Buffer) => void (bytes[bytes.length >> 1]! ^= 1)],
    ['a missing end', (bytes: Buffer) => bytes.subarray(0, bytes.length - 20)],
  ])('%s is noticed', async (_, harm) => {
    const bytes = await readFile(file);
    const harmed = path.join(dir, 'harmed.tar.gz.age');
    await writeFile(harmed, harm(bytes) ?? bytes);
    await expect(verifyBackup(harmed, identity)).rejects.toMatchObject({ code: 'BACKUP_UNREADABLE' });
  });

  it('does not open with another key', async () => {
    await expect(verifyBackup(file, await generateIdentity())).rejects.toMatchObject({ code: 'BACKUP_UNREADABLE' });
  });
});

describe('a restore', () => {
  it('puts everything back: rows, sequences, streams with their consumers, the trail', async () => {
    const target = await emptyTarget();
    expect(await restoreInto(target)).toMatchObject({ auditTrail: { rows: 3 }, underWay: 3, held: 2 });

    await withConnection(target.postgres, async (client) => {
      const { rows } = await client.query<{ request: { request: { payload: unknown } } }>('select request from inbox');
      expect(rows.map(({ request }) => request.request.payload)).toEqual([AWKWARD, AWKWARD, AWKWARD]);
      // The next identity follows the last one there was.
      const next = await client.query<{ id: string }>(
        `insert into webhook_rejections (source, reason, bytes) values ('s', 'r', 0) returning id`,
      );
      expect(next.rows[0]?.id).toBe('4');
      const held = await client.query('select trace_id, step, effect, state from executions order by 1, 2');
      expect(held.rows).toEqual([
        { trace_id: 'tr_both', step: 'first', effect: 'unkeyed', state: 'started' },
        { trace_id: 'tr_pay', step: '', effect: 'unkeyed', state: 'started' },
      ]);
    });
    const bus = await connectBus({ url: target.nats, name: 'test' });
    expect(await positionOf(bus, 'ACTIONS')).toMatchObject({ messages: 10, lastSeq: 10, settled: { reader: 4 } });
    const next = await (await bus.js.consumers.get('ACTIONS', 'reader')).next();
    expect([next?.seq, next?.subject, next?.string(), next?.headers?.get('Nats-Msg-Id')]).toEqual([
      5,
      'action.denied',
      'message 5',
      'm5',
    ]);
    await bus.close();
  });

  it('refuses a database or a JetStream that was used, and leaves both as they were', async () => {
    const used = { ...(await emptyTarget()), postgres: source.database.adminUrl };
    await expect(restoreInto(used)).rejects.toMatchObject({ code: 'DATABASE_NOT_EMPTY' });
    const full = { ...(await emptyTarget()), nats: source.nats.url };
    await expect(restoreInto(full)).rejects.toMatchObject({ code: 'STREAMS_NOT_EMPTY' });
    const bus = await connectBus({ url: source.nats.url, name: 'test' });
    expect((await positionOf(bus, 'ACTIONS')).messages).toBe(10);
    await bus.close();
  });
});
