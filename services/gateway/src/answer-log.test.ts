import type { Outgoing, Transport } from '@techno/actor';
import { type ActionAnswered, actionAnswered, type CanonicalEvent } from '@techno/contracts';
import { describe, expect, it } from 'vitest';
import { createAnswerLog } from './answer-log.ts';

function world() {
  const published: Outgoing[] = [];
  const logged: CanonicalEvent[] = [];
  let away = false;
  const transport: Transport = {
    async publish(message) {
      if (away) throw new Error('NATS is away');
      published.push(message);
    },
    schedule: () => Promise.reject(new Error('nothing here is scheduled')),
    reply() {},
  };
  const log = createAnswerLog({ transport, clock: { now: () => 1_000 }, logEvents: (events) => logged.push(...events) });
  return {
    log,
    logged,
    published,
    goAway: (is: boolean) => void (away = is),
    answers: () => published.flatMap(({ data }) => (JSON.parse(data) as ActionAnswered).answers.map(({ trace_id: id }) => id)),
  };
}
const answer = (n: number) => ({
  trace_id: `tr_${n.toString(16).padStart(32, '0')}`,
  status: 200,
  at: '2026-11-20T10:00:00.000Z',
  duration_ms: 3,
});

describe('what was answered', () => {
  it('is logged at once and published many at a time', async () => {
    const { log, logged, published, answers } = world();
    for (let n = 0; n < 3; n++) log.add(answer(n));
    expect(logged).toMatchObject(
      [0, 1, 2].map((n) => ({ event: 'REQUEST_END', trace_id: answer(n).trace_id, data: { status: 200 } })),
    );
    expect(published).toEqual([]);
    await log.flush();
    expect(published).toHaveLength(1);
    expect(published[0]).toMatchObject({ subject: 'action.answered', stream: 'ACTIONS' });
    expect(actionAnswered.schema.parse(JSON.parse(published[0]!.data))).toEqual({ answers: [0, 1, 2].map(answer) });
    expect(answers()).toHaveLength(3);
    await log.flush();
    expect(published).toHaveLength(1);
  });

  it('goes out in messages of at most 500, each with an id of its own', async () => {
    const { log, published, answers } = world();
    for (let n = 0; n < 1_201; n++) log.add(answer(n));
    await log.flush();
    expect(published.map(({ data }) => (JSON.parse(data) as ActionAnswered).answers.length)).toEqual([500, 500, 201]);
    expect(new Set(published.map(({ id }) => id)).size).toBe(3);
    expect(answers()).toEqual(Array.from({ length: 1_201 }, (_, n) => answer(n).trace_id));
  });

  it('waits while NATS is away, in order', async () => {
    const { log, goAway, answers } = world();
    goAway(true);
    log.add(answer(0));
    await log.flush();
    log.add(answer(1));
    await log.flush();
    goAway(false);
    log.add(answer(2));
    await log.flush();
    expect(answers()).toEqual([0, 1, 2].map((n) => answer(n).trace_id));
  });

  it('is dropped from the oldest on beyond twenty thousand', async () => {
    const { log, goAway, answers } = world();
    goAway(true);
    for (let n = 0; n < 20_010; n++) log.add(answer(n));
    await log.flush();
    for (let n = 20_010; n < 20_020; n++) log.add(answer(n));
    goAway(false);
    await log.flush();
    expect(answers()).toHaveLength(20_000);
    expect(answers()[0]).toBe(answer(20).trace_id);
    expect(answers().at(-1)).toBe(answer(20_019).trace_id);
  });
});
