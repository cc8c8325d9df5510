import { expect, test } from 'vitest';
import { progressOn } from './progress.ts';

function screen(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 40, write: (text: string) => void written.push(text), text: () => written.join('') };
}

test('plain lines where nobody watches', async () => {
  let now = 0;
  const output = screen(false);
  const progress = progressOn(output, () => now);
  await progress.step('Starting', async () => {
    now += 1_500;
  });
  progress.note('Something else');
  expect(output.text()).toBe('Starting …\nStarting: done in 1.5 s\nSomething else\n');
});

test('one turning line on a terminal, never longer than it is wide, and a mark when it is over', async () => {
  const output = screen(true);
  const progress = progressOn(output, () => 0);
  await progress.step('Starting '.repeat(10), async () => {});
  expect(output.text()).toContain('✓');
  const drawn = output.text().split('\r\u001b[K')[1] ?? '';
  expect(drawn.length).toBeLessThan(40);
});

test('a step that fails is marked so, and its error goes on', async () => {
  const output = screen(true);
  await expect(
    progressOn(output, () => 0).step('Starting', async () => {
      throw new Error('port taken');
    }),
  ).rejects.toThrow('port taken');
  expect(output.text()).toContain('✗ Starting');
});
