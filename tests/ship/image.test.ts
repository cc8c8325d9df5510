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

test('what is for development only is not installed in it', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { dev?: boolean; link?: boolean }> };
  expect(DOCKERFILE).toContain('npm ci --omit=dev --omit=optional');
  for (const name of ['vitest', 'vite', 'typescript', 'oxlint', 'fast-check', 'kubernetes-models'])
    expect(packages[`node_modules/${name}`]?.dev, name).toBe(true);
});

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Record<string, string>;
}
interface Workflow {
  readonly permissions: Record<string, string>;
  readonly jobs: Record<string, { readonly uses?: string; readonly needs?: string; readonly steps?: Step[] }>;
}
const workflow = (name: string) => parse(read(`.github/workflows/${name}.yml`)) as Workflow;
const stepsOf = (job?: { readonly steps?: Step[] }) => job?.steps ?? [];

test.each(globSync('.github/workflows/*.yml', { cwd: ROOT }))('%s pins its actions and runs what exists', (file) => {
  const { permissions, jobs } = parse(read(file)) as Workflow;
  expect(permissions).toEqual({ contents: 'read' });
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  for (const job of Object.values(jobs)) {
    if (job.uses !== undefined) expect(existsSync(path.join(ROOT, job.uses))).toBe(true);
    for (const { uses, run = '' } of stepsOf(job)) {
      // By commit: a tag can be moved.
      if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
      for (const [, script = ''] of run.matchAll(/npm run (\S+)/g)) expect(Object.keys(scripts)).toContain(script);
      for (const [program] of run.matchAll(/\b(?:deploy|k8s|tests)\/[\w./-]*\w/g))
        expect(existsSync(path.join(ROOT, program)), program).toBe(true);
      // What others may write is never pasted into a script.
      expect(run).not.toContain('${{');
    }
  }
  for (const line of read(file).matchAll(/uses: \S+@[0-9a-f]{40}(.*)$/gm)) expect(line[1]).toMatch(/^ # v\d/);
});

test('an image is verified, scanned, pushed, described and signed, in that order, and then deployed', () => {
  const { verify, image, staging } = workflow('image').jobs;
  expect([verify?.uses, image?.needs, staging?.needs]).toEqual(['./.github/workflows/verify.yml', 'verify', 'image']);
  const names = stepsOf(image).map(({ name }) => name ?? '');
  const order = ['Build for the scan', 'Scan', 'Push what was scanned', 'SBOM', 'Sign'].map((name) => names.indexOf(name));
  expect(order).not.toContain(-1);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
});

test('migrations go up, down and up, and only what was signed is deployed', () => {
  const runs = stepsOf(workflow('verify').jobs['migrations']).map(({ run }) => run ?? '');
  const db = runs.flatMap((run) => /^npm run db:(migrate|rollback)$/.exec(run)?.[1] ?? []);
  expect(db).toEqual(['migrate', 'rollback', 'migrate']);
  const deploys = stepsOf(workflow('deploy').jobs['staging']).map(({ run }) => run ?? '');
  const verified = deploys.findIndex((run) => run.includes('cosign verify'));
  const deployed = deploys.findIndex((run) => run.includes('k8s/deploy.sh') && run.includes('k8s/smoke.sh'));
  expect(verified).toBeGreaterThan(-1);
  expect(deployed).toBeGreaterThan(verified);
});
