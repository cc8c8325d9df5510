import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { onAbort } from './on-abort.ts';

it('calls everybody who waits, in order, and nobody who has left', () => {
  const controller = new AbortController();
  const called: string[] = [];
  onAbort(controller.signal, () => called.push('first'));
  const leave = onAbort(controller.signal, () => called.push('left'));
  onAbort(controller.signal, () => called.push('second'));
  leave();
  leave();
  controller.abort();
  expect(called).toEqual(['first', 'second']);
});

it('lets a reaction take back a later one', () => {
  const controller = new AbortController();
  const called: string[] = [];
  onAbort(controller.signal, () => leave());
  const leave = onAbort(controller.signal, () => called.push('taken back'));
  controller.abort();
  expect(called).toEqual([]);
});

it('listens once, however many wait', () => {
  const { signal } = new AbortController();
  for (let count = 0; count < 100; count++) onAbort(signal, () => {});
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
});
