import type { ChannelName } from '@techno/contracts';
import { expect, it } from 'vitest';
import { createLookout } from './lookout.ts';

it('wakes whoever has something to do, nobody else, and the sweeper once more when nothing is due any longer', async () => {
  const woken: string[] = [];
  const pokes = (name: string) => ({ poke: () => void woken.push(name) });
  const answers: { due: ChannelName[]; overdue: boolean; news: boolean }[] = [
    { due: [], overdue: false, news: false },
    { due: ['email'], overdue: false, news: false },
    { due: [], overdue: false, news: false },
    { due: [], overdue: false, news: false },
    { due: ['sms', 'email'], overdue: true, news: true },
    { due: [], overdue: true, news: false },
    { due: [], overdue: false, news: true },
  ];
  const seen: string[][] = [];
  const channels: ChannelName[] = ['whatsapp', 'email', 'sms'];
  let asked = 0;
  const lookout = createLookout({
    deliveries: { awaiting: () => Promise.resolve(answers[asked++]!) },
    dispatchers: channels.map((channel) => ({ channel, ...pokes(channel) })),
    sweeper: pokes('sweeper'),
    teller: pokes('teller'),
    clock: { now: () => 0 },
    everyMs: 0,
    onProblem() {},
  });
  for (const _ of answers) {
    await lookout.once();
    seen.push(woken.splice(0));
  }
  expect(seen).toEqual([
    [],
    ['email', 'sweeper'],
    ['sweeper'],
    [],
    ['email', 'sms', 'sweeper', 'teller'],
    ['sweeper'],
    ['teller'],
  ]);
});

it('asks again after the record was away, and says that it was', async () => {
  const stop = new AbortController();
  const problems: string[] = [];
  let asked = 0;
  const lookout = createLookout({
    deliveries: {
      awaiting() {
        if (++asked === 1) return Promise.reject(new Error('the store is away'));
        stop.abort();
        return Promise.resolve({ due: [], overdue: false, news: false });
      },
    },
    dispatchers: [],
    sweeper: { poke() {} },
    teller: { poke() {} },
    clock: { now: () => 0 },
    everyMs: 0,
    onProblem: ({ problem }) => problems.push(problem),
  });
  await lookout.run(stop.signal);
  expect([asked, problems]).toEqual([2, ['the store is away']]);
});
