import { readFile } from 'node:fs/promises';
import { PERMISSIONS, policyDocument } from '@techno/contracts';
import { expect, test } from 'vitest';
import { DEVELOPMENT_POLICY, WEBHOOK_SOURCE } from '../launcher/seed.ts';

test('the development policy is valid, and fits what the launcher seeds', async () => {
  const policy = policyDocument.parse(JSON.parse(await readFile(DEVELOPMENT_POLICY, 'utf8')));
  expect(policy.roles['developer']?.permissions).toContain('actions:read');
  expect(policy.roles['developer']?.limits.perMinute).toBeGreaterThanOrEqual(1_000_000);
  expect(policy.roles['admin']?.permissions.toSorted()).toEqual([...PERMISSIONS].toSorted());
  expect(policy.roles[policy.sources[WEBHOOK_SOURCE]?.role ?? '']?.allow).toContainEqual({
    actions: expect.arrayContaining(['echo']) as string[],
    contexts: ['webhooks'],
  });
  expect(policy.contexts).toEqual(expect.arrayContaining(['demo', 'webhooks']));
});
