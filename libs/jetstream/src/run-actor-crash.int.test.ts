import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SECOND } from '@techno/kernel';
import { nodeArguments, startNats, type TestNats, until } from '@techno/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRig, orders, type Rig, worker } from './testing/rig.ts';

const NEIGHBOURS = 10;
const PROGRAM = fileURLToPath(new URL('./testing/mortal-worker.ts', import.meta.url));

let nats: TestNats;
let rig: Rig;
const children: ChildProcess[] = [];
beforeAll(async () => {
  nats = await startNats();
  rig = await createRig(nats.url);
});
afterAll(async () => {
  for (const child of children) await killed(child);
  await rig.close();
  await nats.stop();
});

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

type Begun = { n: number; attempt: number };

function startWorker(kind: string, deadly: number, how: 'hang' | 'exit', begun: Begun[]): ChildProcess {
  const child = spawn(process.execPath, [...nodeArguments(PROGRAM), nats.url, kind, String(deadly), how], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on(
    'line',
    (line) => void begun.push(JSON.parse(line) as Begun),
  );
  return child;
}

test.concurrent('what a killed process had in hand is done by another one after its lease', async () => {
  const given = orders('killed');
  const begun: Begun[] = [];
  const child = startWorker('killed', 1, 'hang', begun);
  await rig.send(given, 1);
  await until(() => begun.length === 1, { timeoutMs: 15 * SECOND });
  await killed(child);
  const killedAt = Date.now();
  const handled: { attempt: number; afterMs: number }[] = [];
  rig.run(
    worker(given, { handle: async (_order, { attempt }) => void handled.push({ attempt, afterMs: Date.now() - killedAt }) }),
  );
  await until(() => handled.length > 0, { timeoutMs: 15 * SECOND });
  await until(async () => (await rig.pendingAcks('ACTIONS', 'killed')) === 0);
  expect(handled.map(({ attempt }) => attempt)).toEqual([2]);
  // Not before the lease could have ended: the dead process extended it until the end.
  expect(handled[0]?.afterMs).toBeGreaterThan(500);
  expect(await rig.deadLetters('killed')).toEqual([]);
});

test.concurrent('a message that ends its process every time is buried after its attempts, and its neighbours are done', async () => {
  const given = orders('deadly');
  const begun: Begun[] = [];
  for (let n = 0; n <= NEIGHBOURS; n++) await rig.send(given, n);
  // Its supervisor starts it again each time, as in production.
  const supervisor = new AbortController();
  let child: ChildProcess | undefined;
  const supervised = (async () => {
    while (!supervisor.signal.aborted) {
      child = startWorker('deadly', 3, 'exit', begun);
      const [code] = (await once(child, 'exit')) as [number | null];
      if (code !== 7 && !supervisor.signal.aborted) throw new Error(`the worker ended with ${code}`);
    }
  })();
  try {
    const letters = await until(
      async () => {
        const found = await rig.deadLetters('deadly');
        return found.length > 0 && found;
      },
      { timeoutMs: 45 * SECOND },
    );
    const others = () => new Set(begun.flatMap(({ n }) => (n === 3 ? [] : [n])));
    await until(() => others().size === NEIGHBOURS, { timeoutMs: 15 * SECOND, what: 'the beginning of every neighbour' });
    await until(async () => {
      const { num_pending, num_ack_pending } = await rig.bus.jsm.consumers.info('ACTIONS', 'deadly');
      return num_pending + num_ack_pending === 0;
    });
    expect(begun.filter(({ n }) => n === 3).map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    expect(letters.map(({ error, attempts, subject }) => [error.code, attempts, subject])).toEqual([
      ['ATTEMPTS_EXHAUSTED', 4, 'action.test.deadly.3'],
    ]);
    expect(await rig.deadLetters('deadly')).toHaveLength(1);
  } finally {
    supervisor.abort();
    child?.kill('SIGKILL');
    await supervised;
  }
}, 90_000);
