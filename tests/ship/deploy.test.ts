import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT, STARTABLE } from './settings.ts';

// No cluster is at hand: a kubectl that writes down what it is asked, and refuses what it is told to refuse.
const KUBECTL = `#!/usr/bin/env bash
echo "kubectl $*" >>"$CALLS"
if [[ -n $REFUSE && "$*" =~ $REFUSE ]]; then echo "refused: $*" >&2; exit 1; fi
if [[ "$*" == *"get deployment"* ]]; then printf %s "$REVISION"; fi
`;
const SMOKE = `#!/usr/bin/env bash
echo "smoke $*" >>"$CALLS"
exit "$SMOKE_STATUS"
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'techno-deploy-'));
  for (const [name, text] of [
    ['kubectl', KUBECTL],
    ['smoke', SMOKE],
  ] as const) {
    writeFileSync(path.join(folder, name), text);
    chmodSync(path.join(folder, name), 0o755);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

function deploy({ refuse = '', revision = '3', smoke = 0 }: { refuse?: string; revision?: string; smoke?: number }) {
  const calls = path.join(folder, 'calls');
  rmSync(calls, { force: true });
  const { status } = spawnSync(
    path.join(ROOT, 'k8s/deploy.sh'),
    ['techno-staging', 'rendered.yaml', path.join(folder, 'smoke'), 'https://x'],
    {
      cwd: ROOT,
      env: {
        PATH: `${folder}:${process.env['PATH']}`,
        CALLS: calls,
        REFUSE: refuse,
        REVISION: revision,
        SMOKE_STATUS: String(smoke),
      },
    },
  );
  const lines = readFileSync(calls, 'utf8').trim().split('\n');
  return { status, lines, undone: lines.filter((line) => line.includes('rollout undo')) };
}
const services = [...STARTABLE].toSorted();
const undoOf = (name: string) => `kubectl --namespace techno-staging rollout undo deployment/${name} --to-revision=3`;

describe('a deployment', { timeout: 60_000 }, () => {
  test('goes from the ground up, and is tried out at the end', () => {
    const { status, lines, undone } = deploy({});
    expect(status).toBe(0);
    expect(undone).toEqual([]);
    const at = (text: string) => lines.findIndex((line) => line.includes(text));
    const order = [
      'apply -f rendered.yaml -l app.kubernetes.io/name notin',
      'wait --for=condition=Ready externalsecret',
      'rollout status statefulset/nats',
      'wait --for=condition=Ready cluster/postgres',
      'apply -f rendered.yaml -l app.kubernetes.io/name in (migrate,streams)',
      'wait --for=condition=Complete job/migrate',
      'wait --for=condition=Complete job/streams',
      'apply -f rendered.yaml -l app.kubernetes.io/name in (gateway',
      'rollout status deployment/gateway',
      'smoke https://x',
    ].map(at);
    expect(order).not.toContain(-1);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  test('waits for every service', () => {
    const { lines } = deploy({});
    const awaited = lines.flatMap((line) => /rollout status deployment\/(\S+)/.exec(line)?.[1] ?? []);
    expect(awaited.toSorted()).toEqual(services);
  });

  test.each([
    ['the smoke test fails', { smoke: 1 }],
    ['a service does not become ready', { refuse: 'rollout status deployment/executor' }],
    ['the services are refused', { refuse: 'name in \\(gateway' }],
  ])('that fails because %s takes every service back to the revision it had', (_why, how) => {
    const { status, undone } = deploy(how);
    expect(status).toBe(1);
    expect(undone.toSorted()).toEqual(services.map(undoOf));
  });

  test.each(['condition=Complete job/migrate', 'condition=Complete job/streams', 'condition=Ready cluster/postgres'])(
    'touches no service when %s does not come',
    (refuse) => {
      const { status, lines, undone } = deploy({ refuse });
      expect(status).toBe(1);
      expect(undone).toEqual([]);
      expect(lines.some((line) => line.includes('name in (gateway'))).toBe(false);
    },
  );

  test('that is the first has nothing to go back to, and fails all the same', () => {
    const { status, undone } = deploy({ revision: '', smoke: 1 });
    expect(status).toBe(1);
    expect(undone).toEqual([]);
  });
});

test('rendering refuses what is still nobody’s', { timeout: 60_000 }, () => {
  const { status, stderr } = spawnSync(path.join(ROOT, 'k8s/render.sh'), ['staging'], { cwd: ROOT, encoding: 'utf8' });
  expect(status).not.toBe(0);
  expect(stderr).toMatch(/PLACE_UNSET|kubectl/);
});
