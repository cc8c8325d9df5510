import { describe, expect, it } from 'vitest';
import { actorObserver } from './observer.ts';
import { keptTelemetry } from './testing/kept-telemetry.ts';

const begun = { actor: 'worker', type: 'test.ordered', subject: 'test.ordered.1', traceparent: undefined, attempt: 2, replay: 0 };
const trace = 'a'.repeat(32);

describe('an attempt', () => {
  it('that succeeds is counted and writes no line', async () => {
    const { telemetry, lines, metrics } = keptTelemetry();
    const attempt = actorObserver(telemetry).begin(begun);
    expect(await metrics()).toContain('actor_in_flight{actor="worker"} 1');
    attempt.end({ outcome: 'ok' });
    const text = await metrics();
    expect(text).toContain('actor_in_flight{actor="worker"} 0');
    expect(text).toContain('actor_attempts_total{actor="worker",outcome="ok"} 1');
    expect(text).toContain('actor_attempt_duration_seconds_count{actor="worker"} 1');
    expect(lines).toEqual([]);
  });

  it.each([
    ['retry', 'warn', 'actor_retries_total{actor="worker",code="BUSY"} 1'],
    ['dead_letter', 'error', 'dead_letters_total{actor="worker",code="BUSY"} 1'],
    ['released', 'warn', 'actor_attempts_total{actor="worker",outcome="released"} 1'],
  ] as const)('that ends in %s writes one line and is counted', async (outcome, level, counted) => {
    const { telemetry, lines, metrics } = keptTelemetry();
    const attempt = actorObserver(telemetry).begin({ ...begun, traceparent: `00-${trace}-${'b'.repeat(16)}-01` });
    attempt.end({ outcome, code: 'BUSY', message: 'it is busy' });
    expect(lines).toMatchObject([
      {
        level,
        msg: 'actor.attempted',
        actor: 'worker',
        type: 'test.ordered',
        attempt: 2,
        outcome,
        code: 'BUSY',
        error: 'it is busy',
        trace_id: `tr_${trace}`,
      },
    ]);
    expect(lines[0]?.['durationMs']).toBeGreaterThanOrEqual(0);
    expect(await metrics()).toContain(counted);
  });

  it('hands on the trace of its message', () => {
    const { telemetry } = keptTelemetry();
    const attempt = actorObserver(telemetry).begin({ ...begun, traceparent: `00-${trace}-${'b'.repeat(16)}-01` });
    expect(attempt.traceparent).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-0[01]$`));
    attempt.end({ outcome: 'ok' });
  });

  it('of a message without a trace begins one', () => {
    const { telemetry } = keptTelemetry();
    const attempt = actorObserver(telemetry).begin(begun);
    expect(attempt.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    expect(attempt.traceparent).not.toContain('0'.repeat(32));
    attempt.end({ outcome: 'ok' });
  });

  it('gives the handler a log whose lines carry the trace', () => {
    const { telemetry, lines } = keptTelemetry();
    const attempt = actorObserver(telemetry).begin({ ...begun, traceparent: `00-${trace}-${'b'.repeat(16)}-01` });
    attempt.log.info({ n: 1 }, 'handler.said');
    attempt.end({ outcome: 'ok' });
    expect(lines).toMatchObject([{ msg: 'handler.said', n: 1, trace_id: `tr_${trace}` }]);
  });

  it('is counted by its own actor', async () => {
    const { telemetry, metrics } = keptTelemetry();
    const observer = actorObserver(telemetry);
    for (const actor of ['one', 'two', 'one']) observer.begin({ ...begun, actor }).end({ outcome: 'ok' });
    const text = await metrics();
    expect(text).toContain('actor_attempts_total{actor="one",outcome="ok"} 2');
    expect(text).toContain('actor_attempts_total{actor="two",outcome="ok"} 1');
  });
});
