import { defineConfig } from 'vitest/config';

const everywhere = (pattern: string) =>
  ['libs', 'services', 'deploy', 'bench', 'tests'].map((folder) => `${folder}/**/${pattern}`);

export default defineConfig({
  test: {
    // Two cores is what every machine has; more would only move the time from waiting to switching.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: everywhere('*.test.ts'),
          exclude: ['**/*.int.test.ts', '**/node_modules/**'],
          // They leave nothing behind but loaded modules, and loading those anew for each file is most of what they cost.
          pool: 'threads',
          isolate: false,
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: everywhere('*.int.test.ts'),
          exclude: ['**/node_modules/**'],
          globalSetup: ['@techno/testkit/global-setup'],
          testTimeout: 60_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
