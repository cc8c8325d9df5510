import { expect } from 'vitest';
import type { Answer } from './client.ts';

export const TRACE_ID = /^tr_[0-9a-f]{32}$/;

/** Every error says its code and the id that leads to it, and nothing of the inside. */
export function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.body).toMatchObject({
    type: `/docs/errors#${code}`,
    title: expect.any(String),
    detail: expect.any(String),
    status,
    code,
    trace_id: expect.stringMatching(TRACE_ID),
  });
  expect(answer.status).toBe(status);
  expect(answer.text).not.toMatch(/node_modules|\.ts:\d|at async/);
}
