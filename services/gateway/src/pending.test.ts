import { actionCompleted, actionDenied, actionFailed } from '@techno/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPending } from './pending.ts';

const body = (traceId: string, more: object = {}) => ({ trace_id: traceId, ...more });

describe('who waits for an ending', () => {
  it.each([
    [actionCompleted.type, 'completed'],
    [actionDenied.type, 'denied'],
    [actionFailed.type, 'failed'],
  ])('is told %s as it came', async (type, kind) => {
    const pending = createPending();
    const waiting = pending.wait('tr_1', 60_000);
    pending.settle(type, body('tr_1', { result: { n: 1 } }));
    expect(await waiting).toEqual({ kind, body: { trace_id: 'tr_1', result: { n: 1 } } });
    expect(pending.size).toBe(0);
  });

  it('is told nothing of others, or of what is no ending', async () => {
    const pending = createPending();
    const [one, two] = [pending.wait('tr_1', 60_000), pending.wait('tr_2', 60_000)];
    pending.settle('action.allowed', body('tr_1'));
    pending.settle('', body('tr_1'));
    pending.settle(actionCompleted.type, body('tr_3'));
    expect(pending.size).toBe(2);
    pending.settle(actionFailed.type, body('tr_2'));
    pending.settle(actionCompleted.type, body('tr_1'));
    expect([(await one)?.kind, (await two)?.kind]).toEqual(['completed', 'failed']);
  });

  it('is told the first of two endings', async () => {
    const pending = createPending();
    const waiting = pending.wait('tr_1', 60_000);
    pending.settle(actionCompleted.type, body('tr_1'));
    pending.settle(actionFailed.type, body('tr_1'));
    expect((await waiting)?.kind).toBe('completed');
  });

  it('goes on after the time it would wait, at once for none', async () => {
    const pending = createPending();
    expect(await pending.wait('tr_1', 0)).toBeUndefined();
    expect(await pending.wait('tr_1', 5)).toBeUndefined();
    expect(pending.size).toBe(0);
  });

  it('goes on when it is released, and nobody else does', async () => {
    const pending = createPending();
    const [one, two] = [pending.wait('tr_1', 60_000), pending.wait('tr_2', 60_000)];
    pending.release('tr_1');
    pending.release('tr_3');
    expect(await one).toBeUndefined();
    expect(pending.size).toBe(1);
    pending.settle(actionCompleted.type, body('tr_2'));
    expect((await two)?.kind).toBe('completed');
  });

  it('is released with everybody else when the gateway closes', async () => {
    const pending = createPending();
    const all = ['tr_1', 'tr_2', 'tr_3'].map((traceId) => pending.wait(traceId, 60_000));
    pending.releaseAll();
    expect(await Promise.all(all)).toEqual([undefined, undefined, undefined]);
    expect(pending.size).toBe(0);
  });
});

describe('newcomers', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  it('are those that began to wait a moment ago, and still do', async () => {
    const pending = createPending();
    const slow = pending.wait('tr_slow', 60_000);
    for (let n = 0; n < 3; n++) void pending.wait(`tr_${n}`, 60_000);
    expect(pending.newcomers).toBe(4);
    pending.settle(actionCompleted.type, body('tr_0'));
    expect(pending.newcomers).toBe(3);
    vi.advanceTimersByTime(60);
    void pending.wait('tr_3', 60_000);
    expect(pending.newcomers).toBe(4);
    pending.settle(actionCompleted.type, body('tr_1'));
    expect(pending.newcomers).toBe(3);
    vi.advanceTimersByTime(60);
    expect(pending).toMatchObject({ newcomers: 1, size: 3 });
    vi.advanceTimersByTime(60);
    expect(pending).toMatchObject({ newcomers: 0, size: 3 });
    pending.settle(actionCompleted.type, body('tr_slow'));
    expect((await slow)?.kind).toBe('completed');
    expect(pending).toMatchObject({ newcomers: 0, size: 2 });
    pending.releaseAll();
  });

  it('are none after a silence', () => {
    const pending = createPending();
    void pending.wait('tr_1', 60_000);
    vi.advanceTimersByTime(1_000);
    expect(pending).toMatchObject({ newcomers: 0, size: 1 });
    pending.releaseAll();
  });
});
