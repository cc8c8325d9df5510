import { describe, expect, it } from 'vitest';
import { addHistograms, stagesBetween } from './stages.ts';

function readingsOf(text: string) {
  const readings = new Map();
  addHistograms('executor', text, readings);
  return readings;
}

const text = (counts: readonly number[], sum: number) => `
# TYPE actor_attempt_duration_seconds histogram
actor_attempt_duration_seconds_bucket{le="0.01",actor="execute"} ${counts[0]}
actor_attempt_duration_seconds_bucket{le="0.1",actor="execute"} ${counts[1]}
actor_attempt_duration_seconds_bucket{le="+Inf",actor="execute"} ${counts[2]}
actor_attempt_duration_seconds_sum{actor="execute"} ${sum}
actor_attempt_duration_seconds_count{actor="execute"} ${counts[2]}
nodejs_gc_duration_seconds_count{kind="minor"} 12
process_requests_total 5`;

describe('stages', () => {
  it('tells what happened between two readings', () => {
    const stages = stagesBetween(readingsOf(text([100, 100, 100], 1)), readingsOf(text([100, 300, 300], 11)));
    expect(stages).toEqual([
      {
        name: 'executor actor_attempt_duration_seconds{actor="execute"}',
        count: 200,
        meanMs: 50,
        p50Ms: expect.closeTo(55) as number,
        p99Ms: expect.closeTo(99.1) as number,
      },
    ]);
  });

  it('leaves out where nothing happened', () => {
    expect(stagesBetween(readingsOf(text([1, 1, 1], 1)), readingsOf(text([1, 1, 1], 1)))).toEqual([]);
  });

  it('gives the last bound where values lie beyond it', () => {
    const [stage] = stagesBetween(new Map(), readingsOf(text([0, 0, 10], 50)));
    expect(stage?.p99Ms).toBe(100);
  });
});
