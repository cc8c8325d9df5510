import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const everywhere = (pattern: string) =>
  ['libs', 'services', 'deploy', 'bench', 'tests'].map((folder) => `${folder}/**/${pattern}`);

/** Begun last, they would be all that still runs. */
const LONGEST = [
  'deploy/launcher/start',
  'libs/jetstream/src/run-actor-crash',
  'libs/service/src/run-service',
  'tests/api/requests',
  'tests/dlq',
  'tests/e2e/faults',
  'tests/notifier',
  'tests/observability/rules',
  'tests/scheduler',
  'tests/ship/migrate',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => LONGEST.some((name) => moduleId.includes(name));
    const others = (await super.sort(files)).filter((file) => !isLong(file));
    return [...files.filter(isLong), ...others];
  }
}

export default defineConfig({
  test: {
    // Two cores is what every machine has, and two files work while the others wait for a lease, a restart or a tick.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    // No file leaves anything behind but loaded modules, and loading those anew costs most files more than their tests.
    isolate: false,
    projects: [
      {
        test: {
          name: 'unit',
          include: everywhere('*.test.ts'),
          exclude: ['**/*.int.test.ts', '**/node_modules/**'],
          pool: 'threads',
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
