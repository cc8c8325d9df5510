import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { errorMessage, StartupError } from '@techno/kernel';

/**
 * Reads a JSON document from a file, or from stdin for `-`.
 * @throws StartupError FILE_UNREADABLE, FILE_NOT_JSON
 */
export async function readJson(file: string): Promise<unknown> {
  const content = await (file === '-' ? text(process.stdin) : readFile(file, 'utf8')).catch((cause: unknown) => {
    throw new StartupError(
      'FILE_UNREADABLE',
      `${file} cannot be read: ${errorMessage(cause)}`,
      'Name a file that exists, or - for stdin.',
      { cause },
    );
  });
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new StartupError('FILE_NOT_JSON', `${file} is not JSON: ${errorMessage(cause)}`, 'Correct it at that position.', {
      cause,
    });
  }
}
