import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { recordProcesses } from './process-record.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'techno-record-'));
afterAll(() => rmSync(dir, { recursive: true }));

const me = { name: 'me', pid: process.pid, stopSignal: 'SIGTERM', stage: 3 } as const;
const namesIn = (file: string) => (JSON.parse(readFileSync(file, 'utf8')) as { name: string }[]).map(({ name }) => name);

test('it names what runs, and outlives a disk that takes nothing for a while', () => {
  const file = path.join(dir, 'processes.json');
  const problems: string[] = [];
  const record = recordProcesses(file, (problem) => problems.push(problem));
  record.add(me);
  expect(namesIn(file)).toEqual(['me']);

  renameSync(dir, `${dir}.away`);
  record.remove(process.pid);
  record.add(me);
  expect(problems).toEqual([expect.stringContaining('ENOENT'), expect.stringContaining('ENOENT')]);
  renameSync(`${dir}.away`, dir);
  record.remove(process.pid);
  expect(namesIn(file)).toEqual([]);
});

test('it cannot begin where nothing can be written', () => {
  expect(() => recordProcesses(path.join(dir, 'missing', 'processes.json'), () => {})).toThrow('ENOENT');
});
