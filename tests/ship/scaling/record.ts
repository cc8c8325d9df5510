import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, totalmem } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@techno/testkit';
import { launch } from '../../e2e/launched.ts';
import { call } from '../../support/client.ts';
import { createHpa, type HpaSpec, SYNC_MS } from './hpa.ts';
import { type Load, startLoad } from './load.ts';
import type { Recording, Sample } from './recording.ts';
import { executors, type Replicas } from './replicas.ts';

const UPSTREAM_MS = 2_500;
/** Of `http_executor_v1` in services/executor/src/main.ts: calls at once in one replica. */
const CONCURRENCY = 64;
const ACTION = 'slow_call';

/** Below what two replicas do, then above what three do, then below again: seconds, and requests a second. */
const PROFILE = [
  { from: 0, perSecond: 16 },
  { from: 90, perSecond: 45 },
  { from: 120, perSecond: 90 },
  { from: 360, perSecond: 16 },
] as const;
const LENGTH_S = 840;
const SATURATION_S = 40;

interface Ground {
  readonly load: Load;
  readonly replicas: Replicas;
  /** Calls that the upstream has finished since it was asked last. */
  readonly done: () => number;
}

/** Starts the real stack and records it: saturated with 1 to 4 replicas, then under the profile with the autoscaler at work. */
export async function record(spec: HpaSpec, requestedCores: number, say: (line: string) => void): Promise<Recording> {
  const upstream = await slowUpstream();
  const ports = {
    TECHNO_HTTP_PORT: await freePort(),
    TECHNO_NATS_PORT: await freePort(),
    TECHNO_POSTGRES_PORT: await freePort(),
  };
  const launched = await launch({
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])),
    TECHNO_EGRESS_ALLOW: upstream.host,
    TECHNO_LOG_LEVEL: 'warn',
    // What waits is not lost here: driven again, it would be counted twice.
    TECHNO_SWEEP_AFTER_MS: '3600000',
  });
  try {
    const { gateway, apiKey, adminKey } = await launched.stack();
    await allowSlowCalls(gateway, adminKey, upstream.url);
    const replicas = await executors(launched, upstream.host);
    const ground: Ground = { load: startLoad(gateway, apiKey, ACTION), replicas, done: upstream.done };
    try {
      const rates: Recording['rates'][number][] = [];
      for (const count of [1, 2, 3, 4]) rates.push(await saturated(ground, count, say));
      await emptied(ground, say);
      const scaled = await underProfile(ground, spec, requestedCores, say);
      return {
        recordedAt: new Date().toISOString(),
        machine: `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`,
        upstreamMs: UPSTREAM_MS,
        concurrency: CONCURRENCY,
        startMs: replicas.startMs,
        rates,
        spec,
        scaled,
        profile: PROFILE,
      };
    } finally {
      await ground.load.stop();
      await replicas.stop();
    }
  } finally {
    await launched.stop();
    await upstream.close();
  }
}

/** More than so many replicas can do, until their rate is seen. */
async function saturated({ load, replicas, done }: Ground, count: number, say: (line: string) => void) {
  replicas.want(count);
  while (replicas.ready < count) await delay(100);
  load.perSecond = ((CONCURRENCY * count * 1_000) / UPSTREAM_MS) * 1.3;
  await delay(10_000);
  done();
  const before = await replicas.measure();
  const begun = performance.now();
  await delay(SATURATION_S * 1_000);
  const finished = done();
  const seconds = (performance.now() - begun) / 1_000;
  const after = await replicas.measure();
  const rate = {
    replicas: count,
    perSecond: Math.round((finished / seconds) * 10) / 10,
    cpuPerAction: Number(((after.cpu - before.cpu) / finished).toFixed(6)),
  };
  say(`${count} replica(s): ${rate.perSecond}/s, lag ${after.lag}`);
  return rate;
}

async function emptied({ load, replicas, done }: Ground, say: (line: string) => void): Promise<void> {
  load.perSecond = 0;
  while ((await replicas.measure()).lag > 0) await delay(1_000);
  say('the backlog is done');
  await delay(5_000);
  load.accepted();
  done();
}

async function underProfile(
  ground: Ground,
  spec: HpaSpec,
  requestedCores: number,
  say: (line: string) => void,
): Promise<Sample[]> {
  const { load, replicas, done } = ground;
  const hpa = createHpa(spec);
  const samples: Sample[] = [];
  let current = spec.minReplicas;
  replicas.want(current);
  while (replicas.ready !== current) await delay(100);
  let before = await replicas.measure();
  const begun = performance.now();
  for (let t = 0; t < LENGTH_S; t++) {
    load.perSecond = PROFILE.findLast(({ from }) => from <= t)?.perSecond ?? 0;
    await delay(Math.max(0, begun + (t + 1) * 1_000 - performance.now()));
    const now = await replicas.measure();
    // A replica that has gone takes its seconds with it.
    const cpu = Math.max(0, now.cpu - before.cpu);
    before = now;
    samples.push({
      t,
      accepted: load.accepted(),
      done: done(),
      lag: now.lag,
      replicas: replicas.ready,
      cpu: Number(cpu.toFixed(4)),
    });
    if ((t + 1) % (SYNC_MS / 1_000) !== 0) continue;
    const recent = samples.slice(-SYNC_MS / 1_000);
    const used = recent.reduce((sum, sample) => sum + sample.cpu, 0) / recent.length;
    const next = hpa.sync((t + 1) * 1_000, current, { lag: now.lag, cpuPercent: (used / replicas.ready / requestedCores) * 100 });
    if (next !== current || (t + 1) % 60 === 0) say(`${t + 1} s: lag ${now.lag}, replicas ${current} → ${next}`);
    current = next;
    replicas.want(current);
  }
  return samples;
}

async function allowSlowCalls(gateway: string, key: string, upstream: string): Promise<void> {
  const { body } = await call(gateway, 'GET', '/v1/policy', { key });
  const document = body['document'];
  document.upstreams = { ...document.upstreams, slow: { baseUrl: upstream } };
  document.actions[ACTION] = {
    payload: { type: 'object' },
    result: { type: 'object' },
    executors: ['http_executor_v1'],
    http: { upstream: 'slow', method: 'POST', path: '/', body: { n: '{{payload.n}}' }, effect: 'keyed' },
  };
  document.roles.development.allow.push({ actions: [ACTION], contexts: ['*'] });
  const { status, text } = await call(gateway, 'PUT', '/v1/policy', { key, body: { document, note: 'scaling' } });
  if (status !== 200) throw new Error(`the policy was refused: ${text}`);
}

/** Answers every call after the same time. */
async function slowUpstream() {
  let finished = 0;
  const server = createServer((request, response) => {
    request.resume();
    setTimeout(() => {
      finished++;
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
    }, UPSTREAM_MS);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `http://${host}`,
    done() {
      const count = finished;
      finished = 0;
      return count;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
