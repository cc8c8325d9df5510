import { createRequire } from 'node:module';
import path from 'node:path';
import { StartupError } from '@techno/kernel';

const require = createRequire(import.meta.url);

/**
 * Folder of the package that holds the binaries for this machine, one per platform as an optional dependency.
 * @throws StartupError BINARY_MISSING
 */
export function platformPackage(prefix: string, what: string): string {
  const name = `${prefix}${process.platform}-${process.arch}`;
  try {
    // The entry sits in the package's root or in its dist folder.
    const entry = path.dirname(require.resolve(name));
    return path.basename(entry) === 'dist' ? path.dirname(entry) : entry;
  } catch (cause) {
    throw new StartupError(
      'BINARY_MISSING',
      `${what} is not installed: the package ${name} is missing`,
      `Run 'npm ci' with optional dependencies (no '--omit=optional'). Supported are Linux and macOS on x64 and arm64.`,
      { cause },
    );
  }
}
