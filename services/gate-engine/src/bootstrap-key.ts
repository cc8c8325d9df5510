import { apiKeyHint, hashApiKey, isWellFormedApiKey } from '@techno/contracts';
import { StartupError } from '@techno/kernel';
import type { Credentials } from '@techno/storage';

/**
 * Makes sure that the root key of the settings exists: without one nobody could apply the first policy. Another key in the
 * settings adds another root; revoke the old one with it.
 */
export async function ensureBootstrapKey(key: string, pepper: Buffer, credentials: Credentials): Promise<void> {
  if (!isWellFormedApiKey(key)) {
    throw new StartupError(
      'CONFIG_INVALID',
      'TECHNO_BOOTSTRAP_KEY is not a key of ours',
      'Make one with `npx techno keys generate`, or unset it.',
    );
  }
  const hash = hashApiKey(key, pepper);
  const id = `key_root_${hash.slice(0, 12)}`;
  if ((await credentials.find(id)) !== undefined) return;
  try {
    await credentials.create({
      id,
      hash,
      hint: apiKeyHint(key),
      name: 'bootstrap',
      role: 'root',
      contexts: ['*'],
      allowedAddresses: [],
      perMinute: null,
      perDay: null,
      root: true,
      createdBy: 'settings',
      expiresAt: null,
      revokedAt: null,
      replacedBy: null,
    });
  } catch (error) {
    // Another replica was faster.
    if ((await credentials.find(id)) === undefined) throw error;
  }
}
