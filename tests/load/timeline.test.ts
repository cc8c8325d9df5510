import { describe, expect, test } from 'vitest';
import { createTimeline } from './timeline.ts';

describe('a second', () => {
  test('is charged for every request that was due in it, however late it was answered', () => {
    const timeline = createTimeline(0);
    for (const due of [100, 500, 900]) timeline.due(due);
    timeline.answer(100, 110, undefined);
    // A stall of two seconds.
    timeline.answer(500, 2_500, undefined);
    timeline.answer(900, 2_500, undefined);
    const [first, second, third] = timeline.series();
    expect(first).toMatchObject({ due: 3, answered: 1, open: 2 });
    expect(first?.latency.max).toBe(2_000_000);
    expect(second).toMatchObject({ due: 0, answered: 0, open: 2 });
    expect(third).toMatchObject({ answered: 2, open: 0 });
    expect(timeline.result(3, 7)).toMatchObject({ due: 3, good: 3, perSecond: 3, cpuMicros: 7 });
  });

  test('tells what went wrong, by kind, with one example', () => {
    const timeline = createTimeline(1_000);
    timeline.due(1_000);
    timeline.due(1_000);
    timeline.answer(1_000, 1_100, 'status 503: {"code":"OVERLOADED"}');
    timeline.answer(1_000, 1_200, 'status 503: {"code":"OTHER"}');
    expect(timeline.series()).toMatchObject([{ due: 2, answered: 0, open: 0, faults: { 'status 503': 2 } }]);
    expect(timeline.result(2, 0).faults).toEqual({ 'status 503': { count: 2, example: 'status 503: {"code":"OVERLOADED"}' } });
  });
});
