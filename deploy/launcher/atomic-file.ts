import { renameSync, writeFileSync } from 'node:fs';

/** Readers see the old content or the new one, never half of it. Only the owner may read it. */
export function writeAtomically(file: string, content: unknown): void {
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}
