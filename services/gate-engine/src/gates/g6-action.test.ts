import { describe, expect, it } from 'vitest';
import { g6Action } from './g6-action.ts';
import { sampleInput } from './sample-input.ts';

describe('G6', () => {
  it.each(['nothing', '', 'ECHO', '__proto__', 'constructor', 'toString'])('does not know the action %j', (action) => {
    expect(g6Action.check(sampleInput({ action }))).toEqual({ reason: 'ACTION_UNKNOWN' });
  });

  it('lets a payload pass that matches', () => {
    expect(g6Action.check(sampleInput({ payload: { text: 'hello', list: [1, 2], more: true } }))).toBe('pass');
  });

  it.each<[unknown, string]>([
    [{ text: 5 }, '/text must be string'],
    [{ list: [1, 'secret-value'] }, '/list/1 must be integer'],
    ['secret-value', 'payload must be object'],
    [{ text: `secret-value${'x'.repeat(500)}` }, 'must NOT have more than 500 characters'],
  ])('names the path and never the value of %j', (payload, words) => {
    const outcome = g6Action.check(sampleInput({ payload }));
    expect(outcome).toMatchObject({ reason: 'PAYLOAD_SCHEMA_VIOLATION', message: expect.stringContaining(words) });
    expect(JSON.stringify(outcome)).not.toContain('secret-value');
  });

  it('leaves the payload as it is: no coercion, no default', () => {
    const payload = { text: 'a' };
    const actions = {
      echo: {
        payload: { type: 'object', properties: { text: { type: 'string' }, n: { type: 'integer', default: 1 } } },
        result: {},
        executors: ['e'],
      },
    };
    const roles = { developer: { allow: [{ actions: ['echo'], contexts: ['*'] }] } };
    expect(g6Action.check(sampleInput({ payload, policy: { actions, roles } }))).toBe('pass');
    expect(payload).toEqual({ text: 'a' });
    expect(g6Action.check(sampleInput({ payload: { n: '1' }, policy: { actions, roles } }))).toMatchObject({
      reason: 'PAYLOAD_SCHEMA_VIOLATION',
    });
  });
});
