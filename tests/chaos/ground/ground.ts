import { execFile } from 'node:child_process';
import { openSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { freePort, launch as launchProcess, natsUrl, planNats, ready, startGuard } from '@techno/embedded';
import { assertNever } from '@techno/kernel';
import { type Launched, launch } from '../../e2e/launched.ts';
import { startUpstream, type Upstream } from '../../support/upstream.ts';
import type { GroundKind, Safeguard } from '../fault.ts';
import { applyChaosPolicy } from './policy.ts';
import { type Proxy, startProxy } from './proxy.ts';
import { breakFence } from './saboteur.ts';

const run = promisify(execFile);

/** A running stack with everything around it that faults need. */
export interface Ground {
  readonly kind: GroundKind;
  readonly launched: Launched;
  readonly upstream: Upstream;
  readonly proxy: Proxy | undefined;
  /** Each service's Date off by so many milliseconds; only on the ground `clocks`. */
  readonly clocksFile: string;
  close(): Promise<void>;
}

export interface GroundOptions {
  readonly replicas: string;
  /** Time limit of an accepted action, after which the sweeper drives it. */
  readonly sweepAfterMs: number;
  readonly breaks: readonly Safeguard[];
}

/** Room for an empty cluster with its log, and not much more. */
const SMALL_DISK = '1200m';
/** A sweeper that comes back in a month is none; the setting is the operator's own. */
const NEVER_MS = 30 * 24 * 60 * 60 * 1_000;
const PRELOAD = path.join(import.meta.dirname, 'clock-preload.mjs');

export async function makeGround(kind: GroundKind, options: GroundOptions): Promise<Ground> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const one of closing.toReversed()) await one();
    closing.length = 0;
  };
  try {
    const dir = await mkdtemp(path.join(tmpdir(), 'techno-chaos-'));
    await chmod(dir, 0o711);
    closing.push(() => rm(dir, { recursive: true, force: true }));
    const home = path.join(dir, 'home');
    await mkdir(home);
    const clocksFile = path.join(dir, 'clocks.json');
    const upstream = await startUpstream();
    upstream.latencyMs = 40;
    closing.push(async () => upstream[Symbol.asyncDispose]());
    const env: Record<string, string> = {
      TECHNO_LOG_LEVEL: 'warn',
      TECHNO_REPLICAS: options.replicas,
      TECHNO_EGRESS_ALLOW: upstream.host,
      TECHNO_SWEEP_AFTER_MS: String(options.breaks.includes('sweeper') ? NEVER_MS : options.sweepAfterMs),
    };
    let proxy: Proxy | undefined;
    switch (kind) {
      case 'plain':
        break;
      case 'proxied': {
        const nats = await ownNats(dir);
        closing.push(nats.stop);
        proxy = await startProxy(nats.port);
        closing.push(proxy.close);
        env['NATS_URL'] = nats.urlAt(proxy.port);
        break;
      }
      case 'small-disk':
        await run('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_DISK},mode=0711`, 'tmpfs', home]);
        closing.push(() => run('umount', ['-l', home]));
        break;
      case 'clocks':
        await writeFile(clocksFile, '{}');
        env['TECHNO_CHAOS_CLOCKS'] = clocksFile;
        env['NODE_OPTIONS'] = `--import=${pathToFileURL(PRELOAD).href}`;
        break;
      default:
        assertNever(kind);
    }
    const launched = await launch(env, [], home);
    closing.push(() => launched.stop());
    const stack = await launched.stack();
    await applyChaosPolicy(stack, upstream.url);
    if (options.breaks.includes('fence')) await breakFence(stack.postgres);
    return { kind, launched, upstream, proxy, clocksFile, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A nats-server of our own, so that a proxy can stand before it. Everybody signs in as the operator there. */
async function ownNats(dir: string) {
  const settings = {
    port: await freePort(),
    monitorPort: await freePort(),
    user: 'techno',
    password: 'chaos',
    serverName: 'chaos',
    storeDir: path.join(dir, 'nats'),
    configFile: path.join(dir, 'nats.conf'),
    searchPath: '',
  };
  const plan = await planNats(settings);
  const guard = startGuard();
  const running = await launchProcess(plan, { output: openSync(path.join(dir, 'nats.log'), 'a'), guard });
  await ready(plan, running, { timeoutMs: 30_000 });
  return {
    port: settings.port,
    urlAt: (port: number) => natsUrl({ ...settings, port }),
    async stop() {
      await running.stop(5_000);
      guard.close();
    },
  };
}
