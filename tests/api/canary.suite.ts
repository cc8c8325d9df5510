import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { withConnection } from '@techno/embedded';
import { until } from '@techno/testkit';
import { beforeAll, expect, it } from 'vitest';
import { newStandardSecret, standard } from '../support/sign.ts';
import { stack } from './shared-stack.ts';

const webhookSecret = newStandardSecret();
const PERSONAL = 'jane.doe@canary.example';
/** Keys that were used, refused, given out; the secret of a source. What of them must be nowhere, each under its name. */
const secrets = new Map<string, string>();

beforeAll(async () => {
  const { key, id } = await stack.newKey('developer');
  const { body: rotated } = await stack.call('POST', `/v1/keys/${id}/rotate`, {
    key: stack.rootKey,
    body: { overlap_seconds: 60 },
  });
  const mistyped = `${key.slice(0, 20)}${key[20] === 'x' ? 'y' : 'x'}${key.slice(21)}`;
  secrets.set('root key', stack.rootKey).set('key', key).set('rotated key', String(rotated['key'])).set('mistyped key', mistyped);
  secrets.set('webhook secret', webhookSecret);

  for (const used of secrets.values()) await stack.submit('echo', { email: PERSONAL }, { key: used });
  await stack.call('POST', '/v1/process', { headers: { authorization: `Bearer ${key}` }, raw: '{"broken":' });
  await stack.call('GET', `/v1/actions?action=${encodeURIComponent(key)}`, { key });
  await stack.call('GET', `/${key}`, { key });
  await stack.submit('fly', { email: PERSONAL }, { key });
  await stack.submit('analyze_document', { document_url: `http://127.0.0.1:1/${PERSONAL}` }, { key });
  await stack.call('PUT', '/v1/webhooks/demo', {
    key: stack.rootKey,
    body: { scheme: 'standard', secrets: [webhookSecret], action: 'echo', context_id: 'webhooks' },
  });
  const signed = standard(webhookSecret, JSON.stringify({ email: PERSONAL }), 'msg_canary');
  const delivered = await stack.call('POST', '/v1/webhooks/demo', { raw: signed.body, headers: signed.headers });
  await stack.ended(String(delivered.body['trace_id']));
  await stack.call('POST', '/v1/webhooks/demo', { raw: signed.body, headers: { ...signed.headers, 'webhook-id': 'msg_other' } });
});

/** Names of the secrets a text holds: whole, or enough of one to be used. */
function leaksIn(text: string): string[] {
  return [...secrets].filter(([, secret]) => text.includes(secret.slice(12))).map(([name]) => name);
}

it('no raw key and no secret is in any log, and no personal data', () => {
  for (const { service, log } of stack.processes) {
    expect(log().length, service).toBeGreaterThan(100);
    expect(leaksIn(log()), service).toEqual([]);
    expect(log(), service).not.toContain(PERSONAL);
  }
});

it('none is in any table', async () => {
  await withConnection(stack.database.adminUrl, async (client) => {
    const { rows: tables } = await client.query<{ table_name: string }>(
      `select table_name from information_schema.tables where table_schema = 'public'`,
    );
    const dump = new Map<string, string>();
    for (const { table_name: table } of tables) {
      const { rows } = await client.query(`select t::text as line from "${table}" t`);
      dump.set(table, rows.map(({ line }) => line as string).join('\n'));
    }
    for (const [table, text] of dump) expect(leaksIn(text), table).toEqual([]);
    // The look itself works: what may be there is found, and the trail has no payloads.
    expect(dump.get('inbox')).toContain(PERSONAL);
    expect(dump.get('audit_trail')).toContain('REQUEST_START');
    expect(dump.get('audit_trail')).not.toContain(PERSONAL);
  });
});

it('none is in any message of any stream', async () => {
  const dir = path.join(await natsFolder(), 'jetstream');
  const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((one) => one.isFile());
  const stored = await until(async () => {
    const texts = await Promise.all(files.map((file) => readFile(path.join(file.parentPath, file.name), 'latin1')));
    const all = texts.join('\n');
    return all.includes('action.requested') && all;
  });
  expect(leaksIn(stored)).toEqual([]);
  expect(stored).toContain(PERSONAL);
});

/** Where the server keeps its streams, by its own word. */
async function natsFolder(): Promise<string> {
  const { config } = (await (await fetch(`${stack.nats.monitorUrl}/jsz?config=true`)).json()) as {
    config: { store_dir: string };
  };
  return path.dirname(config.store_dir);
}

it('none is in any metric', async () => {
  for (const { service, ops } of stack.processes) {
    const text = await (await fetch(`${ops}/metrics`)).text();
    expect(leaksIn(text), service).toEqual([]);
    expect(text, service).not.toContain(PERSONAL);
  }
});

it('none comes back in an answer, but for the one that makes a key', async () => {
  const key = secrets.get('key')!;
  for (const path of [
    '/v1/keys',
    '/v1/webhooks',
    '/v1/webhook-rejections',
    '/v1/policy',
    '/v1/policy/history',
    '/v1/actions?limit=200',
  ])
    expect(leaksIn((await stack.call('GET', path, { key: stack.rootKey })).text), path).toEqual([]);
  expect(leaksIn((await stack.call('GET', `/v1/actions?status=${key}`, { key: stack.rootKey })).text)).toEqual([]);
});
