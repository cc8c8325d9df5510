export interface LockEntry {
  version?: string;
  link?: boolean;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}
/** By folder. */
export type LockedPackages = Record<string, LockEntry>;

export interface MissingEntry {
  name: string;
  range: string;
  dev: boolean;
}

export function lockedPackages(file: string): LockedPackages;
export function incompleteEntries(packages: LockedPackages): MissingEntry[];
export function lockFile(root: string): string;
