/** A check found what should not be, or could not be made: both are failures. The message names the cause. */
export class BrokenPromise extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'BrokenPromise';
  }
}

/** The first of many faults, and how many more there are. Nothing where there are none. */
export function refuse(faults: readonly string[]): void {
  const [first, ...more] = faults;
  if (first === undefined) return;
  throw new BrokenPromise(more.length === 0 ? first : `${first} (and ${more.length} more: ${more.slice(0, 4).join('; ')})`);
}
