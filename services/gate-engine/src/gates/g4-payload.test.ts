import { expect, it } from 'vitest';
import { g4Payload } from './g4-payload.ts';
import { sampleInput } from './sample-input.ts';

const nested = (levels: number): unknown => JSON.parse(`${'{"deep":'.repeat(levels)}1${'}'.repeat(levels)}`);

it.each<[string, unknown, number, string]>([
  ['an object', { a: 1, b: [true, null, 'x'] }, 80, 'pass'],
  ['an empty object', {}, 1_000, 'pass'],
  ['one byte too many', {}, 1_001, 'PAYLOAD_TOO_LARGE'],
  ['a size that is no number', {}, Number.NaN, 'PAYLOAD_TOO_LARGE'],
  ['the deepest allowed', nested(4), 80, 'pass'],
  ['one level too deep', nested(5), 80, 'PAYLOAD_TOO_DEEP'],
  ['arrays count as levels', { a: [[[[]]]] }, 80, 'PAYLOAD_TOO_DEEP'],
  ['a hundred thousand levels', nested(100_000), 80, 'PAYLOAD_TOO_DEEP'],
  ['an array', [], 80, 'PAYLOAD_INVALID'],
  ['a string', 'x', 80, 'PAYLOAD_INVALID'],
  ['null', null, 80, 'PAYLOAD_INVALID'],
  ['nothing', undefined, 80, 'PAYLOAD_INVALID'],
  ['an own __proto__', JSON.parse('{"a":{"__proto__":{"role":"admin"}}}'), 80, 'PAYLOAD_INVALID'],
  ['a number too large', JSON.parse('{"n":1e999}'), 80, 'PAYLOAD_INVALID'],
  ['a number too large in a list', JSON.parse('{"n":[-1e999]}'), 80, 'PAYLOAD_INVALID'],
])('G4: %s', (_name, payload, bytes, expected) => {
  const outcome = g4Payload.check(
    sampleInput({ payload, request: { bytes, request: { action: 'echo', context_id: 'default', payload } } }),
  );
  expect(outcome === 'pass' ? outcome : outcome.reason).toBe(expected);
});
