import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from './settings.ts';

const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const DOCKERFILE = read('deploy/docker/Dockerfile');
const finalStage = DOCKERFILE.slice(DOCKERFILE.lastIndexOf('\nFROM '));

test('the image runs on the Node of the lock, with the flags that the launcher uses', () => {
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { version: string }> };
  expect(/^ARG NODE_VERSION=(.*)$/m.exec(DOCKERFILE)?.[1]).toBe(lock.packages['node_modules/node']?.version);
  const flags = /NODE_FLAGS = \[(.*)\]/.exec(read('deploy/launcher/units.ts'))?.[1]?.replaceAll("'", '"');
  expect(flags).toContain('--');
  expect(finalStage).toContain(`ENTRYPOINT ["node", ${flags}]`);
});

test('the final stage has no npm, is not root, and says whether it lives', () => {
  expect(finalStage).toMatch(/^\nFROM scratch$/m);
  expect(finalStage).not.toMatch(/\bRUN\b|\bnpm\b/);
  expect(DOCKERFILE).toMatch(/AS runtime\nRUN rm -rf \/usr\/local\/lib\/node_modules/);
  expect(finalStage).toMatch(/^USER 1000:1000$/m);
  expect(finalStage).toMatch(/HEALTHCHECK .*\n\s+CMD .*'\/healthz'/);
});

test('what the image leaves out is nothing that it runs', () => {
  const ignored = read('.dockerignore').split('\n');
  for (const kept of ['!package.json', '!package-lock.json', '!libs', '!services', '!deploy']) expect(ignored).toContain(kept);
  const imports = globSync(['libs/*/src/**/*.ts', 'services/*/src/**/*.ts', 'deploy/**/*.ts'], { cwd: ROOT })
    .filter((file) => !/node_modules|\.test\.ts$|\.fixture\.ts$|\/testing\/|^libs\/(testkit|stand-ins)\//.test(file))
    .filter((file) => /from '(@techno\/(testkit|stand-ins)|[^']*(\.fixture\.ts|\/testing\/[^']*))'/.test(read(file)));
  expect(imports).toEqual([]);
});

interface Workflow {
  readonly permissions: Record<string, string>;
  readonly jobs: Record<string, { steps: { uses?: string; run?: string }[] }>;
}

test.each(globSync('.github/workflows/*.yml', { cwd: ROOT }))('%s pins its actions and runs what exists', (file) => {
  const { permissions, jobs } = parse(read(file)) as Workflow;
  expect(permissions).toEqual({ contents: 'read' });
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  for (const { steps } of Object.values(jobs)) {
    for (const { uses, run = '' } of steps) {
      if (uses !== undefined) expect(uses).toMatch(/@(v\d+\.\d+\.\d+|[0-9a-f]{40})$/);
      for (const [, script = ''] of run.matchAll(/npm run (\S+)/g)) expect(Object.keys(scripts)).toContain(script);
      for (const [program] of run.matchAll(/\b(?:deploy|k8s)\/[\w./-]+/g))
        expect(existsSync(path.join(ROOT, program))).toBe(true);
    }
  }
});
