import { fork } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { cpuBetween, usageOf } from './usage.ts';

const SELF = { name: 'self', pid: process.pid };

describe('usageOf', () => {
  it('sees the processor time that is burnt', () => {
    const before = usageOf([SELF]);
    const began = process.cpuUsage();
    while (process.cpuUsage(began).user < 100_000) Math.sqrt(Math.random());
    // Ticks of 10 ms, read at both ends.
    expect(cpuBetween(before, usageOf([SELF])).get('self')).toBeGreaterThanOrEqual(80_000);
  });

  it('counts the children in', async () => {
    const [alone] = usageOf([SELF]);
    const script = 'const held = Buffer.alloc(256 << 20, 1); process.send("up"); process.on("disconnect", () => held)';
    const child = fork('', { execArgv: ['-e', script] });
    await once(child, 'message');
    const [together] = usageOf([SELF]);
    expect((together?.memoryBytes ?? 0) - (alone?.memoryBytes ?? 0)).toBeGreaterThan(128 << 20);
    child.disconnect();
    await once(child, 'exit');
  });

  it('gives 0 for a process that is gone', () => {
    expect(usageOf([{ name: 'gone', pid: 4_194_304 }])).toEqual([
      { name: 'gone', pid: 4_194_304, cpuMicros: 0, memoryBytes: 0, sharedBytes: 0 },
    ]);
  });
});
