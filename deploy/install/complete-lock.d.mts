import type { LockEntry, MissingEntry } from './lock-file.mjs';

export function platformEntry(missing: MissingEntry): LockEntry;
