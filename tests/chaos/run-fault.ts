import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '@techno/embedded';
import { errorMessage, MINUTE, SECOND } from '@techno/kernel';
import { type Account, account } from './account/ledger.ts';
import { openActions, readLedger, recordOf, type RunScope, untoldActions } from './account/read-ledger.ts';
import { isWell, servesAgainAt } from './account/recovery.ts';
import type { Fault, FaultContext } from './fault.ts';
import type { Ground } from './ground/ground.ts';
import { startTraffic } from './traffic/traffic.ts';
import { watchMemory } from './report/memory.ts';
import type { Answer } from './traffic/traffic.ts';
import type { StackFile } from '../e2e/launched.ts';

export interface RunOptions {
  readonly perSecond: number;
  /** Of load at least, and how long a fault that lasts is kept up. */
  readonly seconds: number;
  /** Within this time after it is mended everything accepted has ended. */
  readonly endsWithinMs: number;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

export interface FaultResult {
  readonly fault: string;
  readonly title: string;
  readonly asked: number;
  readonly account: Account;
  /** From its mending (or its blow, where nothing had to be mended) to the first whole second of good answers. Undefined: never. */
  readonly recoverySeconds: number | undefined;
  /** From the same moment to when everything accepted had ended. */
  readonly settledSeconds: number | undefined;
  /** Most resident memory of each process, in MiB. */
  readonly memoryMiB: Readonly<Record<string, number>>;
  readonly answers: readonly Answer[];
  /** Rows of the record about the first actions that something is wrong with. */
  readonly suspects: Readonly<Record<string, readonly unknown[]>>;
  readonly notes: readonly string[];
  /** What was not as promised; empty: the fault was survived. */
  readonly broken: readonly string[];
}

const LOOK_MS = 200;
/** Of one machine. Where clocks are moved on purpose: as far as they are moved. */
const CLOCKS_APART_MS = { plain: 1 * SECOND, moved: 24 * 60 * MINUTE };
const SHOWN = 5;

/** One fault, under load, and everything read back after it. */
export async function runFault(fault: Fault, ground: Ground, options: RunOptions): Promise<FaultResult> {
  const { progress, signal } = options;
  const scope: RunScope = {
    runId: `${fault.name}-${randomBytes(3).toString('hex')}`,
    since: new Date(Date.now() - 1_000),
    clocksApartMs: ground.kind === 'clocks' ? CLOCKS_APART_MS.moved : CLOCKS_APART_MS.plain,
  };
  let stack = await ground.launched.stack();
  const refresh = setInterval(
    () =>
      void ground.launched.stack().then(
        (now) => (stack = now),
        () => {},
      ),
    LOOK_MS,
  );
  const memory = watchMemory(() => stack.processes.map(({ service, pid }) => ({ name: service, pid })));
  const traffic = startTraffic({
    ...scope,
    perSecond: options.perSecond,
    target: () => stack,
    impatient: fault.impatient === true,
  });
  const notes: string[] = [];
  const broken: string[] = [];
  const beganAt = Date.now();
  let mendedAt: number | undefined;
  const context = contextOf(fault, ground, options, { notes, broken, mended: () => (mendedAt ??= Date.now()) });

  try {
    progress('warming up');
    await until(() => traffic.answers.filter(isWell).length >= options.perSecond, {
      timeoutMs: MINUTE,
      what: 'the load',
      signal,
    });
    progress('broken');
    await fault.run(context).catch((error: unknown) => {
      signal.throwIfAborted();
      broken.push(`the fault itself failed: ${errorMessage(error)}`);
    });
    const since = (mendedAt ??= Date.now());
    progress('mended');
    const backAt = await until(() => servesAgainAt(traffic.answers, since, completeUntil(traffic.answers)), {
      timeoutMs: fault.recoversWithinMs + 30 * SECOND,
      everyMs: LOOK_MS,
      signal,
    }).catch(() => undefined);
    signal.throwIfAborted();
    await delay(Math.max(0, beganAt + options.seconds * SECOND - Date.now()), undefined, { signal });
    progress('waiting for the last answers');
    const answers = await traffic.stop();
    progress('waiting until everything has ended');
    stack = await ground.launched.stack();
    const settledAt = await settled(stack, scope, options);
    if (!fault.losesNews) await told(stack, scope, options);
    progress('reading back');
    const ledger = await readLedger(stack, scope, answers, ground.upstream);
    const found = account(ledger);
    const recoverySeconds = backAt === undefined ? undefined : (backAt - since) / SECOND;
    if (recoverySeconds === undefined || recoverySeconds * SECOND > fault.recoversWithinMs) {
      const limit = fault.recoversWithinMs / SECOND;
      broken.push(
        `did not serve again within ${limit} s${recoverySeconds === undefined ? '' : ` (it took ${recoverySeconds.toFixed(1)} s)`}`,
      );
    }
    return {
      fault: fault.name,
      title: fault.title,
      asked: traffic.asked,
      account: found,
      recoverySeconds,
      settledSeconds: settledAt === undefined ? undefined : Math.max(0, settledAt - since) / SECOND,
      memoryMiB: memory.most(),
      answers,
      suspects: await recordOf(stack.postgres, suspectsIn(found)),
      notes,
      broken: [
        ...broken,
        ...said('lost', found.lost),
        ...said('doubled', found.doubled),
        ...said('not allowed', found.unallowed),
        ...(fault.losesNews ? [] : said('not told by the trail', found.untold)),
        ...said('contradicts itself', found.contradictions),
      ],
    };
  } finally {
    clearInterval(refresh);
    memory.stop();
    await traffic.stop();
  }
}

/** Answers are in for everything that was due before this moment, as far as can be told from what has come. */
function completeUntil(answers: readonly Answer[]): number {
  return answers.reduce((latest, { dueAt }) => Math.max(latest, dueAt), 0);
}

/** When everything accepted had ended; undefined when the time was over first. */
async function settled(stack: StackFile, scope: RunScope, { endsWithinMs, signal }: RunOptions): Promise<number | undefined> {
  try {
    await until(async () => (await openActions(stack.postgres, scope)) === 0, {
      timeoutMs: endsWithinMs,
      everyMs: LOOK_MS,
      signal,
    });
    return Date.now();
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** What an auditor had in hand when it died comes again after its lease. */
const TOLD_WITHIN_MS = 30 * SECOND;

async function told(stack: StackFile, scope: RunScope, { signal }: RunOptions): Promise<void> {
  const whole = async () => (await untoldActions(stack.postgres, scope)).length === 0;
  await until(whole, { timeoutMs: TOLD_WITHIN_MS, everyMs: LOOK_MS, signal }).catch(() => signal.throwIfAborted());
}

const SUSPECTS = 20;

/** Complaints about an action begin with its trace id. */
function suspectsIn({ lost, doubled, unallowed, untold, contradictions }: Account): string[] {
  const named = [...contradictions, ...doubled, ...lost, ...unallowed, ...untold].flatMap(
    (text) => /^tr_[0-9a-f]{32}/.exec(text)?.[0] ?? [],
  );
  return [...new Set(named)].slice(0, SUSPECTS);
}

function said(what: string, list: readonly string[]): string[] {
  if (list.length === 0) return [];
  return [`${list.length} ${what}: ${list.slice(0, SHOWN).join('; ')}${list.length > SHOWN ? '; …' : ''}`];
}

function contextOf(
  fault: Fault,
  { launched, upstream, proxy, clocksFile }: Ground,
  { seconds, signal }: RunOptions,
  told: { notes: string[]; broken: string[]; mended: () => void },
): FaultContext {
  const clocks: Record<string, number> = {};
  return {
    stack: () => launched.stack(),
    home: launched.home,
    upstream,
    get proxy() {
      if (proxy === undefined) throw new Error(`${fault.name} needs the ground 'proxied'`);
      return proxy;
    },
    holdMs: seconds * SECOND,
    async pidsOf(service) {
      const { processes } = await launched.stack();
      return processes.filter((one) => one.service === service).map(({ pid }) => pid);
    },
    async setClock(service, offsetMs) {
      clocks[service] = offsetMs;
      await writeFile(clocksFile, JSON.stringify(clocks));
    },
    wait: (ms) => delay(ms, undefined, { signal }),
    mended: told.mended,
    note: (text) => void told.notes.push(text),
    broken: (text) => void told.broken.push(text),
  };
}
