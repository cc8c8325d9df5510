import type { CanonicalEvent } from '@techno/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Behind, behindSeconds } from './behind.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
let nowMs: number;
let shown: Map<string, number>;
let behind: Behind;

beforeEach(() => {
  nowMs = START;
  shown = new Map();
  const gauge = () => (values: { consumer: string }) => ({
    inc: () => {},
    dec: () => {},
    set: (value: number) => void shown.set(values.consumer, value),
  });
  behind = behindSeconds({ gauge } as unknown as Parameters<typeof behindSeconds>[0], () => nowMs);
});

const after = (seconds: number) => (nowMs += seconds * 1_000);
const look = (pending: number, unacked = 0) => behind.looked([{ consumer: 'record-actions', pending, unacked }]);
const write = (secondsAgo: number) =>
  behind.written('record-actions', [{ at: new Date(nowMs - secondsAgo * 1_000).toISOString() } as CanonicalEvent]);
const seconds = () => shown.get('record-actions');

describe('how far the trail is behind', () => {
  it('is nothing while nothing waits, however long ago something happened', () => {
    write(0);
    after(3_600);
    look(0);
    expect(seconds()).toBe(0);
  });

  it('is no more than the time since nothing waited', () => {
    after(3_600);
    look(0);
    after(5);
    look(1);
    expect(seconds()).toBe(5);
  });

  it('grows while nothing is written, also of what is in hand', () => {
    look(0);
    after(60);
    look(0, 20);
    expect(seconds()).toBe(60);
    after(60);
    look(10);
    expect(seconds()).toBe(120);
  });

  it('is the age of the newest event written, while more waits', () => {
    after(600);
    write(30);
    look(5_000);
    expect(seconds()).toBe(30);
  });

  it('counts from the start of the process where nothing was seen before', () => {
    after(90);
    look(1);
    expect(seconds()).toBe(90);
  });

  it('never goes back for an event that comes late', () => {
    after(100);
    write(1);
    write(50);
    look(1);
    expect(seconds()).toBe(1);
  });
});
