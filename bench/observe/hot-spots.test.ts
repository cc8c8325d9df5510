import { expect, it } from 'vitest';
import { hotSpots } from './hot-spots.ts';

const frame = (id: number, functionName: string, url = '', lineNumber = 0) => ({
  id,
  callFrame: { functionName, url, lineNumber },
});

it('ranks busy time by place and by function', () => {
  const profile = {
    nodes: [
      frame(1, '(idle)'),
      frame(2, 'decide', 'file:///repo/services/gate-engine/src/decide.ts', 9),
      frame(3, '', 'file:///repo/node_modules/@nats-io/jetstream/lib/a.js', 0),
      frame(4, 'query', '/repo/node_modules/pg/lib/client.js', 4),
      frame(5, 'writev', 'node:internal/net', 1),
      frame(6, '(garbage collector)'),
      frame(7, 'decide', 'file:///repo/services/gate-engine/src/decide.ts', 9),
    ],
    samples: [1, 2, 3, 4, 5, 6, 7],
    timeDeltas: [1_000_000, 300, 200, 150, 100, 50, 200],
  };
  const { places, functions } = hotSpots(profile, '/repo');
  expect(places).toEqual([
    { name: 'services/gate-engine', share: 0.5 },
    { name: '@nats-io/jetstream', share: 0.2 },
    { name: 'pg', share: 0.15 },
    { name: 'node', share: 0.1 },
    { name: '(garbage collector)', share: 0.05 },
  ]);
  expect(functions[0]).toEqual({ name: 'decide services/gate-engine/src/decide.ts:10', share: 0.5 });
  expect(functions[1]?.name).toBe('(anonymous) node_modules/@nats-io/jetstream/lib/a.js:1');
});
