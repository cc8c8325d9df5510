import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { errorCode, StartupError } from '@techno/kernel';
import type { BackupConfig } from './config.ts';

const IDENTITY = /^AGE-SECRET-KEY-\S+$/m;

/** Whom a backup is sealed for: public keys. `made`: the file of a key that is new. */
export interface Recipients {
  readonly recipients: readonly string[];
  readonly made?: string | undefined;
}

/**
 * The public keys named, else that of the secret key. Where there is none at all one is made, outside of everything that
 * a backup or a reset touches.
 * @throws StartupError BACKUP_KEY_INVALID
 */
export async function recipientsOf(config: BackupConfig): Promise<Recipients> {
  if (config.recipients.length > 0) return { recipients: config.recipients };
  const found = await findIdentity(config);
  if (found !== undefined) return { recipients: [await recipientOf(found)] };
  const identity = await generateIdentity();
  const recipient = await identityToRecipient(identity);
  await mkdir(path.dirname(config.keyFile), { recursive: true, mode: 0o700 });
  await writeFile(config.keyFile, `# public key: ${recipient}\n${identity}\n`, { mode: 0o600, flag: 'wx' });
  return { recipients: [recipient], made: config.keyFile };
}

/** The secret key that opens backups. @throws StartupError BACKUP_KEY_MISSING, BACKUP_KEY_INVALID */
export async function identityOf(config: BackupConfig): Promise<string> {
  const identity = await findIdentity(config);
  if (identity !== undefined) return identity;
  throw new StartupError(
    'BACKUP_KEY_MISSING',
    `there is no key in ${config.keyFile}`,
    'Name its file with --key or TECHNO_BACKUP_KEY_FILE, or give the key itself in TECHNO_BACKUP_KEY.',
  );
}

async function findIdentity({ key, keyFile }: BackupConfig): Promise<string | undefined> {
  const where = key === undefined ? keyFile : 'TECHNO_BACKUP_KEY';
  const text = key ?? (await readFile(keyFile, 'utf8').catch(absent));
  if (text === undefined) return undefined;
  const identity = IDENTITY.exec(text)?.[0];
  if (identity !== undefined) return identity;
  throw new StartupError(
    'BACKUP_KEY_INVALID',
    `${where} holds no secret key of age`,
    'It looks like AGE-SECRET-KEY-1…; `age-keygen` makes one, and so does the first backup.',
  );
}

async function recipientOf(identity: string): Promise<string> {
  try {
    return await identityToRecipient(identity);
  } catch (cause) {
    throw new StartupError('BACKUP_KEY_INVALID', 'the secret key is damaged', 'Take another copy of it.', { cause });
  }
}

function absent(error: unknown): undefined {
  if (errorCode(error) === 'ENOENT') return undefined;
  throw error;
}
